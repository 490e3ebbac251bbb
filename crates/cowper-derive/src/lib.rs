//! Derives that turn a struct into what the site file, the reference and the schema need:
//! `Record` (a table of fields), `Choice` (one of several names) and `Kind` (a kind of component).

use proc_macro::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Expr, ExprLit, Fields, Lit, Meta, parse_macro_input};

/// The text of the doc comments among attributes.
fn doc_of(attributes: &[syn::Attribute]) -> String {
    let mut lines = Vec::new();
    for attribute in attributes {
        if let Meta::NameValue(pair) = &attribute.meta
            && pair.path.is_ident("doc")
            && let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &pair.value
        {
            let line = text.value();
            lines.push(line.strip_prefix(' ').unwrap_or(&line).to_owned());
        }
    }
    lines.join("\n").trim().to_owned()
}

/// What `#[field(...)]` says.
#[derive(Default)]
struct FieldAttribute {
    flatten: bool,
    default: Option<Expr>,
}

fn field_attribute(attributes: &[syn::Attribute]) -> syn::Result<FieldAttribute> {
    let mut found = FieldAttribute::default();
    for attribute in attributes.iter().filter(|a| a.path().is_ident("field")) {
        attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("flatten") {
                found.flatten = true;
                Ok(())
            } else if meta.path.is_ident("default") {
                found.default = Some(meta.value()?.parse()?);
                Ok(())
            } else {
                Err(meta.error("expected `flatten` or `default = …`"))
            }
        })?;
    }
    Ok(found)
}

/// Reads a struct's fields from one table. `#[field(default = "50 %")]` gives a default as it would
/// be written in the file, `#[field(flatten)]` takes in the fields of another record.
#[proc_macro_derive(Record, attributes(field))]
pub fn record(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    record_impl(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

fn record_impl(input: &DeriveInput) -> syn::Result<proc_macro2::TokenStream> {
    let name = &input.ident;
    let Data::Struct(data) = &input.data else {
        return Err(syn::Error::new_spanned(name, "a record is a struct"));
    };
    let Fields::Named(fields) = &data.fields else {
        return Err(syn::Error::new_spanned(name, "a record has named fields"));
    };
    let (mut docs, mut reads, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for field in &fields.named {
        let ident = field.ident.as_ref().expect("named fields have names");
        let ty = &field.ty;
        let key = ident.to_string();
        let attribute = field_attribute(&field.attrs)?;
        names.push(ident);
        if attribute.flatten {
            docs.push(quote! { all.extend(<#ty as crate::field::Record>::fields()); });
            reads.push(quote! { let #ident = <#ty as crate::field::Record>::read_record(reader); });
            continue;
        }
        let doc = doc_of(&field.attrs);
        if doc.is_empty() {
            return Err(syn::Error::new_spanned(
                ident,
                "every field says what it means in a doc comment",
            ));
        }
        let (read, default, required) = match attribute.default {
            Some(default) => (
                quote! { reader.field_or(#key, crate::field::IntoNode::node(#default)) },
                quote! { Some(#default.to_string()) },
                quote! { false },
            ),
            None => (
                quote! { reader.field(#key) },
                quote! { None },
                quote! { <#ty as crate::field::Field>::absent().is_none() },
            ),
        };
        reads.push(quote! { let #ident: Option<#ty> = #read; });
        docs.push(quote! {
            all.push(crate::field::FieldDoc {
                name: #key,
                doc: #doc,
                words: <#ty as crate::field::Field>::words(),
                default: #default,
                required: #required,
                schema: <#ty as crate::field::Field>::schema(),
            });
        });
    }
    Ok(quote! {
        impl crate::field::Record for #name {
            fn fields() -> Vec<crate::field::FieldDoc> {
                let mut all = Vec::new();
                #(#docs)*
                all
            }
            fn read_record(reader: &mut crate::field::TableReader) -> Option<Self> {
                #(#reads)*
                Some(Self { #(#names: #names?),* })
            }
        }
        impl crate::field::Field for #name {
            fn read(node: &crate::field::Node, findings: &mut crate::field::Findings) -> Option<Self> {
                crate::field::read_nested(node, findings)
            }
            fn words() -> String {
                crate::field::nested_words::<Self>()
            }
            fn schema() -> serde_json::Value {
                crate::field::table_schema(&<Self as crate::field::Record>::fields())
            }
        }
    })
}

/// Reads an enum without data from its variants' names in snake_case.
#[proc_macro_derive(Choice)]
pub fn choice(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    choice_impl(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

fn choice_impl(input: &DeriveInput) -> syn::Result<proc_macro2::TokenStream> {
    let name = &input.ident;
    let Data::Enum(data) = &input.data else {
        return Err(syn::Error::new_spanned(name, "a choice is an enum"));
    };
    let variants: Vec<_> = data.variants.iter().map(|v| &v.ident).collect();
    let texts: Vec<String> = variants.iter().map(|v| snake_case(&v.to_string())).collect();
    let docs: Vec<String> = data.variants.iter().map(|v| doc_of(&v.attrs)).collect();
    Ok(quote! {
        impl crate::field::Choice for #name {
            fn choices() -> Vec<(&'static str, &'static str)> {
                vec![#((#texts, #docs)),*]
            }
            fn choose(name: &str) -> Option<Self> {
                match name {
                    #(#texts => Some(Self::#variants),)*
                    _ => None,
                }
            }
        }
        impl crate::field::Field for #name {
            fn read(node: &crate::field::Node, findings: &mut crate::field::Findings) -> Option<Self> {
                crate::field::read_choice(node, findings)
            }
            fn words() -> String {
                crate::field::choice_words::<Self>()
            }
            fn schema() -> serde_json::Value {
                crate::field::choice_schema::<Self>()
            }
        }
    })
}

/// Makes a record a kind of component: its name is the struct's in snake_case, its page the doc
/// comment. A kind whose comment lacks `# Equations` or a ```toml example does not compile.
#[proc_macro_derive(Kind)]
pub fn kind(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let ident = &input.ident;
    let name = snake_case(&ident.to_string());
    let doc = doc_of(&input.attrs);
    for (part, what) in [
        ("# Equations", "its equations"),
        ("# Example", "an example"),
        ("```toml", "an example that runs"),
    ] {
        if !doc.contains(part) {
            let message = format!("a kind documents {what}: its doc comment needs `{part}`");
            return syn::Error::new_spanned(ident, message).into_compile_error().into();
        }
    }
    quote! {
        impl crate::component::Documented for #ident {
            const NAME: &'static str = #name;
            const DOC: &'static str = #doc;
        }
    }
    .into()
}

fn snake_case(name: &str) -> String {
    let mut text = String::new();
    for (i, letter) in name.chars().enumerate() {
        if letter.is_uppercase() && i > 0 {
            text.push('_');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

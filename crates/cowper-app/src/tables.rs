//! Parquet in and out: columns of numbers over time, without a data-frame library.

use std::sync::Arc;

use cowper::diagnostic::Diagnostic;
use cowper::schedule::Column;
use cowper::series::{RawColumn, RawTable, Stamp};
use cowper::time::Horizon;
use jiff::Timestamp;
use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::column::reader::ColumnReader;
use parquet::data_type::{DoubleType, Int64Type};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnDescriptor, Type};

/// Reads a table: its time column (the first with a time type) and every column of numbers.
pub fn read_parquet(file: &str, bytes: Vec<u8>) -> Result<RawTable, Vec<Diagnostic>> {
    let refused = |why: String| {
        vec![Diagnostic::in_series(
            file,
            0,
            "",
            format!("`{file}` cannot be read as Parquet: {why}"),
        )]
    };
    let reader =
        SerializedFileReader::new(bytes::Bytes::from(bytes)).map_err(|e| refused(e.to_string()))?;
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let times: Vec<usize> =
        (0..schema.num_columns()).filter(|i| time_unit(&schema.column(*i)).is_some()).collect();
    let Some(time) = times.first().copied() else {
        return Err(refused(
            "no column has a time type; save the time as timestamps, or use CSV".into(),
        ));
    };
    let mut table = RawTable::default();
    for index in 0..schema.num_columns() {
        let column = schema.column(index);
        let values = match read_column(&reader, index) {
            Ok(Some(values)) => values,
            Ok(None) => continue,
            Err(e) => return Err(refused(format!("column `{}`: {e}", column.name()))),
        };
        if index == time {
            let (per_second, is_utc) = time_unit(&column).unwrap_or((1, true));
            table.stamps = stamps(&values, per_second, is_utc).map_err(refused)?;
            continue;
        }
        let Numbers::Float(values) = values.into_float() else { continue };
        let unreadable =
            values.iter().position(|v| !v.is_finite()).map(|row| (row, "no value".to_owned()));
        table.columns.push(RawColumn { header: column.name().to_owned(), values, unreadable });
    }
    Ok(table)
}

/// Units a second of a time column, and whether it counts in UTC.
fn time_unit(column: &ColumnDescriptor) -> Option<(i64, bool)> {
    match column.logical_type_ref() {
        Some(LogicalType::Timestamp(time)) => {
            let per_second = match time.unit {
                TimeUnit::MILLIS => 1_000,
                TimeUnit::MICROS => 1_000_000,
                TimeUnit::NANOS => 1_000_000_000,
            };
            Some((per_second, time.is_adjusted_to_u_t_c))
        }
        _ => None,
    }
}

enum Numbers {
    Whole(Vec<i64>),
    Float(Vec<f64>),
}

impl Numbers {
    fn into_float(self) -> Numbers {
        match self {
            Numbers::Whole(values) => {
                Numbers::Float(values.into_iter().map(|v| v as f64).collect())
            }
            float @ Numbers::Float(_) => float,
        }
    }
}

/// One column over all row groups; none for text.
fn read_column(
    reader: &SerializedFileReader<bytes::Bytes>,
    index: usize,
) -> parquet::errors::Result<Option<Numbers>> {
    let (mut whole, mut float) = (Vec::new(), Vec::new());
    let mut is_whole = false;
    for group in 0..reader.num_row_groups() {
        let group = reader.get_row_group(group)?;
        let rows = group.metadata().num_rows() as usize;
        match group.get_column_reader(index)? {
            ColumnReader::DoubleColumnReader(r) => {
                float.extend(read_all(r, rows, |v| v, f64::NAN)?);
            }
            ColumnReader::FloatColumnReader(r) => {
                float.extend(read_all(r, rows, f64::from, f64::NAN)?);
            }
            ColumnReader::Int32ColumnReader(r) => {
                float.extend(read_all(r, rows, f64::from, f64::NAN)?);
            }
            ColumnReader::Int64ColumnReader(r) => {
                is_whole = true;
                whole.extend(read_all(r, rows, |v| v, i64::MIN)?);
            }
            _ => return Ok(None),
        }
    }
    Ok(Some(if is_whole { Numbers::Whole(whole) } else { Numbers::Float(float) }))
}

/// All values of a column; `missing` where there is none.
fn read_all<T: parquet::data_type::DataType, V: Copy>(
    mut reader: parquet::column::reader::ColumnReaderImpl<T>,
    rows: usize,
    convert: impl Fn(T::T) -> V,
    missing: V,
) -> parquet::errors::Result<Vec<V>> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    let mut read = 0;
    while read < rows {
        let (records, _, _) =
            reader.read_records(rows - read, Some(&mut levels), None, &mut values)?;
        if records == 0 {
            break;
        }
        read += records;
    }
    if levels.is_empty() {
        return Ok(values.into_iter().map(convert).collect());
    }
    let mut present = values.into_iter();
    Ok(levels
        .iter()
        .map(|l| if *l > 0 { present.next().map_or(missing, &convert) } else { missing })
        .collect())
}

fn stamps(values: &Numbers, per_second: i64, is_utc: bool) -> Result<Vec<Stamp>, String> {
    let Numbers::Whole(values) = values else {
        return Err("its time column is not of whole numbers".into());
    };
    values
        .iter()
        .map(|v| {
            let nanos = i128::from(*v) * i128::from(1_000_000_000 / per_second);
            let instant = Timestamp::from_nanosecond(nanos)
                .map_err(|_| "a time is missing or out of range".to_owned())?;
            Ok(if is_utc {
                Stamp::Instant(instant)
            } else {
                Stamp::Local(jiff::tz::TimeZone::UTC.to_datetime(instant))
            })
        })
        .collect()
}

/// A table as Parquet: the beginning of each step in UTC, then the columns.
pub fn write_parquet(
    horizon: &Horizon,
    columns: &[&Column],
    currency: &str,
) -> Result<Vec<u8>, String> {
    let zone = horizon.zone.iana_name().unwrap_or("UTC").to_owned();
    let logical = LogicalType::timestamp(true, TimeUnit::MICROS);
    let time = Type::primitive_type_builder("time", Physical::INT64)
        .with_repetition(Repetition::REQUIRED)
        .with_logical_type(Some(logical))
        .build();
    let mut fields = vec![Arc::new(time.map_err(|e| e.to_string())?)];
    for column in columns {
        let field = Type::primitive_type_builder(&column.title(currency), Physical::DOUBLE)
            .with_repetition(Repetition::REQUIRED)
            .build();
        fields.push(Arc::new(field.map_err(|e| e.to_string())?));
    }
    let schema = Type::group_type_builder("cowper")
        .with_fields(fields)
        .build()
        .map_err(|e| e.to_string())?;
    let level = ZstdLevel::try_new(1).map_err(|e| e.to_string())?;
    let properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(level))
        .set_key_value_metadata(Some(vec![KeyValue::new("time_zone".to_owned(), zone)]))
        .build();
    let mut bytes = Vec::new();
    let write = |bytes: &mut Vec<u8>| -> parquet::errors::Result<()> {
        let mut writer = SerializedFileWriter::new(bytes, Arc::new(schema), Arc::new(properties))?;
        let mut group = writer.next_row_group()?;
        let stamps: Vec<i64> =
            (0..horizon.steps).map(|t| horizon.begin(t).as_microsecond()).collect();
        let mut next = 0;
        while let Some(mut column) = group.next_column()? {
            if next == 0 {
                column.typed::<Int64Type>().write_batch(&stamps, None, None)?;
            } else {
                column.typed::<DoubleType>().write_batch(&columns[next - 1].values, None, None)?;
            }
            column.close()?;
            next += 1;
        }
        group.close()?;
        writer.close()?;
        Ok(())
    };
    write(&mut bytes).map_err(|e| e.to_string())?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Proves: what is written reads back, stamps in UTC and names with their units.
    #[test]
    fn tables_read_back() {
        let start = "2025-03-30T00:00:00Z".parse().unwrap();
        let horizon = Horizon {
            start,
            step_seconds: 900,
            steps: 3,
            zone: jiff::tz::TimeZone::get("Europe/Berlin").unwrap(),
        };
        let dimension = cowper::units::ENERGY.per(cowper::units::TIME);
        let column = Column {
            component: "b1".into(),
            name: "fuel".into(),
            dimension,
            values: vec![1.0, -2.5, 1e-9],
        };
        let bytes = write_parquet(&horizon, &[&column], "EUR").unwrap();
        let table = read_parquet("t.parquet", bytes).unwrap();
        assert_eq!(table.columns[0].header, "b1.fuel [MW]");
        assert_eq!(table.columns[0].values, column.values);
        assert_eq!(table.stamps[1], Stamp::Instant(horizon.begin(1)));
    }
}

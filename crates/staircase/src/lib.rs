//! Linear programs that repeat in time.
//!
//! The same few dozen equations hold stage after stage, joined only by what is handed on from one
//! stage to the next. [`solve`] takes such a problem as blocks over time, a [`Model`], and gives back
//! a [`Solution`]: a point with its measures, or a proof that there is none. It is an interior-point
//! method that factorises in the order of time. It knows nothing of what the equations mean.
//!
//! # An example
//!
//! A farm waters its fields for four weeks out of a pond and from the main. Rain fills the pond,
//! which holds 25. Water from the main costs 3, and the pipe to it 1 for each unit a week it can
//! carry. The pipe is the same in all weeks: a column once, not one a week.
//!
//! ```
//! use std::ops::ControlFlow;
//! use staircase::{
//!     Before, Column, Extent, Model, Options, Row, Spans, Status, Term, Values, solve,
//! };
//!
//! let column = |upper: f64, cost: f64, extent| Column {
//!     lower: 0.0.into(),
//!     upper: upper.into(),
//!     cost: cost.into(),
//!     extent,
//! };
//! let term = |column, coefficient: f64| Term {
//!     column,
//!     coefficient: coefficient.into(),
//!     back: 0,
//!     before: Before::Nothing,
//! };
//! let (needed, rain) = ([10.0, 20.0, 20.0, 10.0], [30.0, 0.0, 0.0, 10.0]);
//! let lacking: Values = (0..4).map(|week| needed[week] - rain[week]).collect::<Vec<_>>().into();
//! let (bought, pond, pipe) = (0, 1, 2);
//! let model = Model {
//!     stages: 4,
//!     spans: vec![Spans::whole(4)],
//!     columns: vec![
//!         column(f64::INFINITY, 3.0, Extent::Stage),
//!         column(25.0, 0.0, Extent::Stage),
//!         column(f64::INFINITY, 1.0, Extent::Span(0)),
//!     ],
//!     rows: vec![
//!         // bought(t) + pond(t − 1) − pond(t) = needed(t) − rain(t), with the pond empty at first
//!         Row {
//!             terms: vec![
//!                 term(bought, 1.0),
//!                 Term { back: 1, before: Before::Nought, ..term(pond, 1.0) },
//!                 term(pond, -1.0),
//!             ],
//!             lower: lacking.clone(),
//!             upper: lacking,
//!             extent: Extent::Stage,
//!         },
//!         // bought(t) ≤ pipe
//!         Row {
//!             terms: vec![term(bought, 1.0), term(pipe, -1.0)],
//!             lower: f64::NEG_INFINITY.into(),
//!             upper: 0.0.into(),
//!             extent: Extent::Stage,
//!         },
//!     ],
//! };
//!
//! let solution = solve(&model, &Options::default(), None, &mut |_| ControlFlow::Continue(()));
//!
//! assert_eq!(solution.status, Status::Optimal);
//! let point = solution.point.unwrap();
//! let close = |found: f64, expected: f64| (found - expected).abs() < 1e-5;
//! // Five are bought ahead, so that the pond is full; then what lacks, evenly.
//! assert!(close(point.columns[bought][0], 5.0) && close(point.columns[bought][1], 7.5));
//! assert!(close(point.columns[pipe][0], 7.5));
//! // One more in the second week is one more from the main, and half a unit more of pipe.
//! assert!(close(point.row_duals[0][1], 3.5));
//! ```
//!
//! # The problem
//!
//! ```text
//! minimise  Σ cost·x   subject to   lower ≤ x ≤ upper,   lower ≤ rows·x ≤ upper
//! ```
//!
//! Bounds may be infinite or meet. A [`Column`] or [`Row`] exists once a stage or once a span
//! ([`Extent`]), and its numbers are [`Values`]: one for all places or one a place. A [`Term`] may
//! reach back by stages. The repetition is never written out: what stands still is kept once.
//!
//! Signs are those of a minimum. The dual of a row is what one more unit on its bounding side costs.
//! The reduced cost of a column is cost − Σ rowsᵀ·dual: positive at the lower bound, negative at the
//! upper.
//!
//! # From blocks to a staircase
//!
//! The method knows equations only, whose terms are of their own stage or the one before, and a thin
//! border. With A the rows of a stage in its own columns, B in those of the stage before, C in border
//! columns, D the border rows and E the corner where both borders meet:
//!
//! ```text
//! ⎡ A₁                 C₁ ⎤ ⎡ x₁ ⎤   ⎡ b₁ ⎤
//! ⎢ B₂  A₂             C₂ ⎥ ⎢ x₂ ⎥   ⎢ b₂ ⎥
//! ⎢     B₃  A₃         C₃ ⎥ ⎢ x₃ ⎥ = ⎢ b₃ ⎥
//! ⎢         ⋱   ⋱      ⋮  ⎥ ⎢ ⋮  ⎥   ⎢ ⋮  ⎥
//! ⎣ D₁  D₂  D₃  …      E  ⎦ ⎣ w  ⎦   ⎣ d  ⎦
//! ```
//!
//! On a ring there is B₁ as well, in the columns of the last stage. What does not have this shape is
//! brought into it:
//!
//! - **An inequality** gets a column for its rest, which takes its bounds: row·x − rest = 0.
//! - **A size**, which only keeps a column x ≥ 0 below so many times a border column, x(t) ≤ f(t)·w, gets
//!   neither row nor rest: it is an upper bound that moves. Where f is 0, x is fixed.
//! - **A term further back** goes through copies, each of which waits a stage: copyₖ(t) = copyₖ₋₁(t−1).
//! - **A column once a span**, such as the peak of each month, is handed on within the span:
//!   v(t) = v(t−1), and its cost is paid at the first stage. That is one column a stage, where the
//!   border would have twelve.
//! - **A row once a span** is a running sum, s(t) = s(t−1) + terms(t), bounded at the span's last stage.
//! - A division of time into one or two spans is not worth that: its columns and rows are the border.
//!
//! # Presolve
//!
//! Whole blocks are taken out where a condition holds at every place, in turn until nothing more is
//! found: fixed columns; rows without terms or bounds; columns in no row; rows with one term;
//! a·x + b·y = c; columns of one equation that alone bounds them; columns in proportion; columns whose
//! reduced cost has a certain sign; inequalities whose dual has one; rows in proportion; columns
//! without cost in one inequality only; rows that bounds of columns keep anyway; columns that an
//! equation keeps within their bounds (after Andersen and Andersen 1995). Each step knows its way
//! back, for values, duals and reduced costs, and forward, for a guess.
//!
//! Then rows and columns are divided by the square roots of their greatest entries, ten times over
//! (Ruiz 2001). Factors are powers of two, so that scaling rounds nothing.
//!
//! # One iteration
//!
//! Let M be the matrix above, b its right side, y the multipliers of its rows, z and ẑ those of lower
//! and upper bounds, and a = x − lower, u = upper − x the distances. A direction solves
//!
//! ```text
//! M·dx + δ·dy                      = b − M·x               what is left of the rows
//! Mᵀ·dy − ρ·dx + dz − dẑ           = g − z + ẑ             with the gradient g = cost − Mᵀ·y
//! z·dx + a·dz                      = σ − a·z               and for upper bounds
//! −ẑ·dx + u·dẑ                     = σ̂ − u·ẑ
//! ```
//!
//! where σ is what the products of distances and multipliers aim at. δ and ρ regularise: they are the
//! weights of squares *around the point at hand* in y and x (Friedlander and Orban 2012). They make
//! the system solvable where rows depend on each other or columns are unbounded, and vanish from the
//! solution, since at the optimum nothing moves. Columns whose bounds meet do not move.
//!
//! With θ = 1 / (z/a + ẑ/u + ρ) and h = g − σ/a + σ̂/u, what concerns one column alone goes out:
//!
//! ```text
//! dx = θ·(Mᵀ·dy − h)
//! (M·Θ·Mᵀ + δ)·dy = b − M·x + M·Θ·h            the normal equations
//! ```
//!
//! A column without a bound has θ = 1/ρ, a number so large that beside it the rest of its rows would
//! be rounded away. Columns that have no bound at some stage are therefore kept as unknowns, as are
//! those of the border:
//!
//! ```text
//! ⎡ M·Θ·Mᵀ + δ    M_k ⎤ ⎡ dy   ⎤   ⎡ b − M·x + M·Θ·h ⎤
//! ⎣ M_kᵀ         −1/θ ⎦ ⎣ dx_k ⎦ = ⎣ h_k             ⎦     Θ over the other columns
//! ```
//!
//! An upper bound that moves, x ≤ f·w, changes by f·dw itself, so that −ẑ·(dx − f·dw) + u·dẑ = σ̂ − u·ẑ.
//! With ω = ẑ/u, once x has gone out, what is left of it in the border column w is
//!
//! ```text
//! M·Θ·(ω·f)                        beside w's own entries in the rows
//! f²·ω·θ·(z/a + ρ)                 beside w's own pivot
//! f·(ω·θ·h − σ̂/u)                  on its right side
//! ```
//!
//! This matrix is quasidefinite: a positive definite block, a negative definite one. So it has a
//! factor L·D·Lᵀ in every order of elimination, with the sign of each pivot known beforehand
//! (Vanderbei 1995). No pivots are searched for. One that is all cancellation is replaced by 1e-13 of
//! its diagonal, with the sign it must have. Kept columns come after one of their rows, so that their
//! pivots are more than regularisation.
//!
//! ## In the order of time
//!
//! A column stands in rows of its own stage and the next. So M·Θ·Mᵀ is block tridiagonal, and
//! eliminating a stage changes only those rows of the next that reach back: it hands on a small dense
//! triangle. Every stage has the same pattern. It is analysed once: which unknowns, in what order
//! (least neighbours first), and the place of every product. An iteration then runs through lists
//! with no search, and does all there is to do at a stage in one pass while its numbers are at hand:
//! the step, the measures, the matrix, its factor and the first half of the solve.
//!
//! ## Stretches side by side
//!
//! Time is cut into stretches. Eight of them are worked on as one, each in its lane of SIMD registers;
//! groups of eight are spread over threads. What joins a stretch to the one before is the multipliers
//! of the rows at its start that reach back. They, and the border, are *wide columns* of the stretch:
//! let K be its own matrix, W the wide columns, then K⁻¹ takes from the joint system
//!
//! ```text
//! S = S₀ − Σ Wᵀ·K⁻¹·W               over all stretches: the Schur complement
//! ```
//!
//! which is nested dissection (George 1973) with the border eliminated last, as PIPS-IPM++ does it for
//! energy systems on many machines (Rehfeldt et al. 2022). S holds the joining rows in the order of
//! time, the border columns and the border rows; it is block tridiagonal with a border again, and
//! quasidefinite again. A ring is one joint more, between the last stretch and the first. Where S is
//! solved, the stretches finish by themselves. Of W only what a stage meets of the border by itself is
//! kept, and all of it at the first stage: what the joint unknowns change is worked out by going forwards
//! once more, and Wᵀ·K⁻¹·f by going backwards. W itself would be written once and read three times an
//! iteration.
//!
//! ## Predictor, corrector, further correctors
//!
//! A first direction aims at σ = 0. What it would leave of the complementarity μ tells where to aim:
//! σ = (μ_after/μ)⁴·μ, or with the sixth power where steps may be cut (see below; Mehrotra's third takes
//! more iterations here). The products dx·dz that it neglects are put right in the same solve (Mehrotra
//! 1992), up to ten times a column's product and the target: where a column would change by far more
//! than it has, they say little.
//!
//! The same factor may serve further correctors, which bring the products of a step longer by 0.2 into a
//! band [0.1, 10]·σ (Gondzio 1996). They are used where a factor costs several solves, as it does with a
//! wide border or many unknowns a stage: up to one or two an iteration by that ratio, none otherwise. One
//! that makes the step no longer is taken back. Primal and dual steps have their own lengths and go 0.9
//! to 0.9995 of the way to the first bound.
//!
//! Of a million columns there are always some that change by more than they have, though a step as long
//! as all others allow would put them right next time. Where a step is shorter than 0.6, and would be a
//! fifth longer at least, up to 0.9, but for five in ten thousand distances and multipliers, it is made
//! so; what would then go further than 0.8 of the way to nought stops there. What that leaves in rows and
//! columns is the next direction's; so it is not done any more at a gap below 1e-6, and not at all where
//! five in ten thousand are less than ten.
//!
//! A step of length α should leave 1 − α of the primal residual. Once ten times that is left, rounding
//! has spoilt the direction; from then on each is solved for once more with what is left of its
//! equations.
//!
//! ## Where it starts
//!
//! Each column starts where its cost and a barrier of its bounds alone put it: at the minimum of
//! cost·x − w·(ln a + ln u), with z = w/a, ẑ = w/u and w = 0.1 at the first try. A size starts where its
//! cost balances the barriers of the bounds that move with it, or at 0.3 of the greatest it may have. Bounds
//! far out say little, so that no column with room starts further out than 1000 typical sizes.
//!
//! With a guess, such as the last window's point moved on, y is the guess's, and so is x; but it keeps a
//! distance of w/z from its bounds, where z is what the gradient of y gives their multipliers (for a size less
//! what the bounds that move with it then push), up to a fifth of a typical size, and w = 0.001. The
//! multipliers of bounds are w/a and w/u: products are then alike, and what does not agree is left in rows and
//! columns. Rests, copies and running sums follow from the rest. A guess does not change what is optimal; it
//! changes how long the method takes, and a poor one may keep it from getting there: where neither the worst
//! measure nor the gap has halved in 15 iterations, the solve begins anew without.
//!
//! # Where it ends
//!
//! The method stops at primal residual, dual residual and gap within the tolerance, on the scaled
//! problem. That is not yet an answer. The point is brought back through scaling and presolve, and
//! [`Measures`] are taken on the model as given by code that shares nothing with the method. If one
//! lies outside, the method goes on with a tenth of the tolerance. Only what is within is
//! [`Status::Optimal`].
//!
//! Where it gets nowhere (steps too short, or neither the worst measure nor the gap halved in 40
//! iterations), it is tried again: with sizes as rows, since bounds that move cost digits where sizes end at
//! nought; with other regularisation, from further inside, with time uncut, without presolve. These ways are
//! few, and always the same.
//!
//! # Where there is no optimum
//!
//! An interior-point method that diverges proves nothing. So two other problems are solved, which
//! always have an optimum:
//!
//! - **Elastic**: every row may be breached at a price of one, nothing else costs. Its least is above
//!   nought if and only if no point keeps all bounds; then its duals y are a proof. With ζ = −rowsᵀ·y,
//!   the combination y·rows + ζ·x is nought whatever x is, yet the bounds leave it no less than a
//!   positive number.
//! - **Receding**: finite bounds become nought, the others at most one away. Its least is below nought
//!   if there is a direction that meets no bound and along which the cost falls. From any point that
//!   keeps the bounds, it falls without end.
//!
//! What they give is a [`Certificate`] only once it holds on the model as given, within rounding.
//! Multipliers on the wrong side of an infinite bound are left out where they are 1e-11 or less beside a
//! greatest of 1, and would not matter for values a million times as large as any bound; once no try
//! has found an optimum, 1e-9 and ten times. A model whose own bounds
//! cross is told without a solve. [`Status::Unbounded`] proves that there is no optimum; it does not
//! say that there is a point.
//!
//! # The same answer
//!
//! The cuts depend on the number of stages alone, and sums over stretches have one order. So the
//! answer is the same, bit for bit, for any number of threads. A limit of time may end a solve earlier
//! or later, of course; and processors without fused multiply-add round differently.
//!
//! # References
//!
//! - Andersen, E. D. and Andersen, K. D. (1995). Presolving in linear programming. *Mathematical
//!   Programming* 71, 221–245.
//! - Friedlander, M. P. and Orban, D. (2012). A primal–dual regularized interior-point method for
//!   convex quadratic programs. *Mathematical Programming Computation* 4(1), 71–107.
//! - George, A. (1973). Nested dissection of a regular finite element mesh. *SIAM Journal on Numerical
//!   Analysis* 10(2), 345–363.
//! - Gondzio, J. (1996). Multiple centrality corrections in a primal-dual method for linear
//!   programming. *Computational Optimization and Applications* 6(2), 137–156.
//! - Mehrotra, S. (1992). On the implementation of a primal-dual interior point method. *SIAM Journal
//!   on Optimization* 2(4), 575–601.
//! - Rehfeldt, D., Hobbie, H., Schönheit, D., Koch, T., Möst, D. and Gleixner, A. (2022). A massively
//!   parallel interior-point solver for LPs with generalized arrowhead structure, and applications to
//!   energy system models. *European Journal of Operational Research* 296(1), 60–71.
//! - Ruiz, D. (2001). A scaling algorithm to equilibrate both rows and columns norms in matrices.
//!   Technical report RAL-TR-2001-034, Rutherford Appleton Laboratory.
//! - Vanderbei, R. J. (1995). Symmetric quasidefinite matrices. *SIAM Journal on Optimization* 5(1),
//!   100–113.

mod threads;
mod model;
mod sparse;
mod solution;
mod measure;
#[doc(hidden)] // For tests that look at each reduction by itself.
pub mod presolve;
mod staged;
mod scale;
mod lanes;
mod memory;
mod pattern;
mod group;
mod joint;
mod start;
mod method;
mod proof;
mod solve;

pub use model::{Before, Column, Extent, Model, Point, Row, Spans, Term, Values};
pub use solution::{Certificate, Measures, Options, Progress, Solution, Status};
pub use solve::solve;
pub use sparse::{Sparse, SparseColumn, SparseRow};

/// The example of the README runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

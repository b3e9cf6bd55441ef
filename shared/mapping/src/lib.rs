//! The mapping language: adapters that say how one call is built and how its answer is mapped.
//!
//! An [`Adapter`] is compiled once from authored text and run often. [`Adapter::request`] gives a [`Request`] whose URL,
//! headers and body are [`Template`]s: text in which secrets are still *holes*. [`Adapter::respond`] maps an answer.
//!
//! ```
//! use mapping::{Adapter, Answer, Run, Value};
//!
//! let text = r#"{
//!     "constants": { "key": "{{secret:crm-key}}" },
//!     "requestMapping": {
//!         "method": "POST",
//!         "url": "https://example.com/people/${currentObject:input.id}",
//!         "headers": { "X-Api-Key": "${currentObject:constants.key}" },
//!         "body": { "name": "${currentObject:input.name}" }
//!     },
//!     "responseMapping": { "properties": {
//!         "extId": { "value": "${currentObject:response.id}", "type": "string" }
//!     } }
//! }"#;
//! let adapter = Adapter::compile("ADAPTER.PERSON-CRM", text, None, &())
//!     .map_err(|found| found.iter().map(|f| f.render("ADAPTER.PERSON-CRM", text)).collect::<String>())?;
//!
//! let run = Run { input: Value::from([("id", "a/b".into()), ("name", "${x} {{secret:y}}".into())]), ..Run::default() };
//! let request = adapter.request(&run).map_err(|error| error.to_string())?;
//! assert_eq!(request.url.masked(), "https://example.com/people/a%2Fb");
//! assert_eq!(request.headers[0].1.masked(), "{{secret:crm-key}}");
//! assert_eq!(request.body.map(|body| body.masked()).as_deref(), Some(r#"{"name":"${x} {{secret:y}}"}"#));
//!
//! let answer = Answer { meta: Value::Null, response: Value::from([("id", 7_i64.into())]) };
//! assert_eq!(adapter.respond(&run, &answer).map_err(|error| error.to_string())?.to_string(), r#"{"extId":"7"}"#);
//! # Ok::<(), String>(())
//! ```
//!
//! # What it never does
//!
//! * Input or output, reading a clock, waiting: everything comes in as values, the run's time included.
//! * Evaluate data. Only what an author wrote is a template. Input, answers and what runs wrote into registers are values,
//!   whatever their text looks like, and are escaped for the place they are put in.
//! * See a secret. It knows names; the guarded client fills the holes. A secret that could end anywhere but in the URL, a
//!   header or the body is an error of the check.
//! * Repeat a value in an error. An answer may hold what nobody may see.
//!
//! # Stages
//!
//! Text becomes tokens and a tree ([`relaxed`]), strings become pieces (`expression`), scripts expressions (`script`); the
//! tree is checked and compiled to plans in one pass (`compile`, `function`, `request::compile`, `adapter::compile`), and
//! plans are carried out (`eval`, `request`). Every stage knows the places of what it reads, so a [`Diagnostic`] shows the
//! line and a caret; [`CODES`] lists what it can say. Limits are in [`Limits`] and beside the stage they bound. [`reference()`]
//! is the page about the functions that authors read, made from what stands beside each of them.
//!
//! # Decisions
//!
//! What the meaning of adapters leaves open, and what was decided:
//!
//! * **Result.** It has the shape of `responseMapping`, properties replaced by their converted values; the members of
//!   `properties` at its top are the result's own members: `{"properties": {"extId": {…}}}` gives `{"extId": …}`, and the next
//!   step reads it as `${currentObject:responseMapping.extId}`. An adapter without a `responseMapping` gives null: an answer is
//!   handed out only as far as its author says so. Null stays null in every type.
//! * **Constants** may read input and the constants above them. The adapter's own come before the integration's.
//! * **Registers** are named by their key, written out; a place in one may depend on data, as one step of the path.
//! * **Arguments** lose the space around them. Literal text is a string; an expression alone keeps its type. One in quotes,
//!   `', '` or `", "`, keeps its commas and its space and loses the quotes.
//! * **Null** stays null in every function but those that say otherwise, so that what is missing stays missing.
//! * **URLs.** A value in the path is one segment, `/` becomes `%2F`; what stands at the start may be a whole URL. A value
//!   may not be `.` or `..`, nor end the host. `query` is written behind the URL's own: arrays repeat a name, null is left
//!   out, objects write `name[key]`. Fragments are never sent.
//! * **Headers.** Null leaves a header out, an array repeats it.
//! * **Bodies.** The content type decides; an object without one is JSON, text is JSON or XML if it starts like it. Where a
//!   value stands in JSON text it is written as JSON, so a body that is one expression whose value is text becomes a JSON
//!   string. A null body is none.
//! * **Multipart.** `multipart/form-data` is an object, each member a part: an array is several parts, null is none, an object
//!   is JSON. `{"content": …, "filename": …, "contentType": …}` describes a part, `base64` in the place of `content` is a file
//!   that leaves as bytes; data may describe one too. Other `multipart/…` is an array of parts. The boundary is made for each
//!   step and stands in no part; one of the author's own, and multipart as text, are refused. Names are escaped as browsers
//!   do; a backslash in one is refused.
//! * **XML.** An object of one member is a document, as `xmltodict` writes it. An answer is read as `xmltodict` reads it, but
//!   for this: no document types; an empty body is null; encodings are those of the web, and what the bytes show counts before
//!   what a declaration says; at most 1,000 attributes an element. `responseXml.forceArray` lists elements that are arrays
//!   even where they stand alone, as paths from the root: `Envelope.Body.Orders.Order`, `*` for any element. An element that
//!   is not there does not become an empty array.
//! * **`method`** is `GET` where there is no body, and must be said where there is one. **`timeout`** is `"30s"`, `"1500ms"`,
//!   `"2m"` or a number of seconds.
//! * **Scripts.** `evaluate` is ECMAScript. Simple shapes run in the adapter, everything else wherever [`Scripts`] runs it; a
//!   whole number that a double would change is a `BigInt` in a script, and a number with all its digits in the result; one
//!   beyond the range of doubles, `1e400`, is an infinity, and null in the result.
//! * **The check** judges what it knows: what [`Environment`] leaves unknown gives no diagnostic. A connector that is written
//!   out must be there, and so must the adapters that it names; the adapter itself may be one. A chain that comes back
//!   without a condition, and text that looks like a key, are warnings. A secret that the adapter saves itself need not be
//!   there yet. Where headers send the request elsewhere (`x-url-login`, `x-url-data`), ports and schemes are those of what the headers
//!   say, and the URL says nothing about secrets.
//! * **Duplicate keys** are an error in authored text; in data the last one counts.

mod adapter;
pub mod answer;
mod bytes;
mod compile;
mod convert;
mod credential;
mod diagnostic;
mod environment;
mod eval;
mod expression;
mod function;
mod limits;
mod path;
mod plan;
mod position;
mod reference;
pub mod relaxed;
mod rendered;
mod request;
mod run;
mod script;
mod scripts;
mod section;
mod suggest;
mod tainted;
mod template;
mod value;
mod words;
mod xml_name;

pub use adapter::Adapter;
pub use diagnostic::{CODES, Code, Diagnostic, Example, Origin, Severity, Span};
pub use environment::{Environment, Knowledge, Policy, Register, Secret};
pub use limits::{Limits, Used};
pub use reference::reference;
pub use run::{Action, Actions, Answer, Continuation, Due, EvalError, Mapped, Next, Request, Run};
pub use scripts::{Program, ScriptError, ScriptErrorKind, Scripts};
pub use tainted::Tainted;
pub use template::{Algorithm, Content, Digest, EncodeError, Encoder, Hole, Part, Template};
pub use value::{IntoMembers, JsonError, Number, Object, Value};
pub use words::Words;

#[cfg(test)]
mod tests;

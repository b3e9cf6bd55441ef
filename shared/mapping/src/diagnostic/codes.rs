//! Every code that a diagnostic can have: what it says, a text that raises it, and how to mend that.
//!
//! `docs/language/diagnostics.md` is made from this table. Tests hold that every code in use stands here, and that every example
//! raises its code. It is one table and stays one file: it is read from top to bottom, as the page that is made from it.

use super::Severity::{self, Error, Warning};

/// A code of a [`Diagnostic`](crate::Diagnostic).
#[derive(Clone, Copy, Debug)]
pub struct Code {
    /// The code.
    pub code: &'static str,
    /// How much it matters; both where that depends on the place.
    pub severities: &'static [Severity],
    /// What it says.
    pub meaning: &'static str,
    /// A text that raises it.
    pub example: Example,
    /// What to do.
    pub mend: &'static str,
}

/// A text that raises a code.
#[derive(Clone, Copy, Debug)]
pub enum Example {
    /// The value of a header, between its quotes.
    Value(&'static str),
    /// Members of `requestMapping`.
    Request(&'static str),
    /// Members of an adapter that has a sound `requestMapping`.
    Members(&'static str),
    /// A whole adapter.
    Whole(&'static str),
}

impl Example {
    /// The text, for people.
    pub fn text(self) -> &'static str {
        match self {
            Self::Value(text) | Self::Request(text) | Self::Members(text) | Self::Whole(text) => text,
        }
    }

    /// The adapter that it stands in.
    pub fn adapter(self) -> String {
        match self {
            Self::Value(value) => format!(
                "{{\n  \"requestMapping\": {{\n    \"url\": \"https://api.example.com/\",\n    \"headers\": {{ \"X-Example\": \"{value}\" }}\n  }}\n}}"
            ),
            Self::Request(members) => format!("{{\n  \"requestMapping\": {{\n    {members}\n  }}\n}}"),
            Self::Members(members) => {
                format!(
                    "{{\n  \"requestMapping\": {{ \"url\": \"https://api.example.com/\" }},\n  {members}\n}}"
                )
            }
            Self::Whole(text) => text.to_owned(),
        }
    }
}

const fn error(code: &'static str, meaning: &'static str, example: Example, mend: &'static str) -> Code {
    Code { code, severities: &[Error], meaning, example, mend }
}

const fn warning(code: &'static str, meaning: &'static str, example: Example, mend: &'static str) -> Code {
    Code { code, severities: &[Warning], meaning, example, mend }
}

use Example::{Members, Request, Value, Whole};

/// Every code, in order.
pub static CODES: &[Code] = &[
    error(
        "arity",
        "A function is given too few or too many arguments.",
        Value("${if:${isTrue:true},yes}"),
        "Write the call as the help shows it.",
    ),
    error(
        "bad-escape",
        "A backslash in a string is followed by what JSON has no meaning for.",
        Value(r"C:\data"),
        r"Write `\\` for a backslash.",
    ),
    error(
        "body",
        "A body of this shape cannot be sent with this content type.",
        Request(
            r#""method": "POST", "url": "https://api.example.com/", "headers": { "Content-Type": "text/plain" }, "body": { "a": 1 }"#,
        ),
        "Choose a content type that the body can be written in, or write the body as text.",
    ),
    warning(
        "body-not-json",
        "The content type says JSON, and the text of the body is none, whatever the values in it are.",
        Request(
            r#""method": "POST", "url": "https://api.example.com/", "headers": { "Content-Type": "application/json" }, "body": "{ \"a\": 1 \"b\": 2 }""#,
        ),
        "Write the body as an object instead of text, or mend the text.",
    ),
    error(
        "boundary",
        "A content type of multipart names a boundary. The suite makes one for each request.",
        Request(
            r#""method": "POST", "url": "https://api.example.com/", "headers": { "Content-Type": "multipart/form-data; boundary=part" }, "body": { "a": 1 }"#,
        ),
        "Leave the parameter `boundary` out.",
    ),
    warning(
        "brace-missing",
        "An `if` is one brace short; it is read as the form with the brace.",
        Value("${if:${isTrue:true,yes,no}"),
        "Close `isTrue` after its argument.",
    ),
    error(
        "constant-order",
        "A constant reads itself, or one that is made further down. Constants read those above them.",
        Members(
            r#""constants": { "url": "https://${currentObject:constants.host}/", "host": "api.example.com" }"#,
        ),
        "Move the constant that is read up; one that reads itself has no value.",
    ),
    error(
        "control-character",
        "A string holds a control character as it is.",
        Value("a\u{1}b"),
        r"Write it as an escape, such as `\u0001`.",
    ),
    error(
        "conversion",
        "A value that is written out is not of the type that its property says.",
        Members(r#""responseMapping": { "properties": { "total": { "value": "ten", "type": "number" } } }"#),
        "Change the value or the type.",
    ),
    error(
        "duplicate-key",
        "An object has two members of one name.",
        Members(r#""constants": { "host": "a.example.com", "host": "b.example.com" }"#),
        "Remove one of them.",
    ),
    warning(
        "encoded-query",
        "Query text is percent-encoded already. In the URL it is kept as it is; in a value it is encoded once more.",
        Request(r#""url": "https://api.example.com/run?sp=%2Ftriggers""#),
        "Write query text unencoded: it is encoded once.",
    ),
    warning(
        "encoded-slash",
        "A value with a slash stands in the path of a URL. A value is one segment, so its slash is sent as `%2F`.",
        Whole(
            r#"{ "constants": { "path": "api/v1" }, "requestMapping": { "url": "https://api.example.com/${currentObject:constants.path}" } }"#,
        ),
        "Write what stays the same into the URL itself, or put it at the start of the URL.",
    ),
    warning(
        "endless-chain",
        "The chain comes back to this adapter after every answer, so it never ends.",
        Members(r#""onResponseConnector": { "connector": "ADAPTER.EXAMPLE", "data": {} }"#),
        "Say with `when` under which condition it goes on.",
    ),
    error(
        "endpoint-not-listed",
        "The integration lists no endpoint that covers the URL and the method.",
        Whole(r#"{ "integration": "CRM", "requestMapping": { "url": "https://api.example.com/admin" } }"#),
        "Call an endpoint that is listed, or have it added to the integration.",
    ),
    error(
        "function-option",
        "An argument that says how a function works is no option of it, or is not written out.",
        Value("${formatNumber:${currentObject:input.total},many}"),
        "Write one that the reference of the functions lists.",
    ),
    error(
        "function-value",
        "A function cannot be applied to what is written out.",
        Value("${formatNumber:ten,2}"),
        "Change the value.",
    ),
    error(
        "header-name",
        "The name of a header holds a character that no header may have.",
        Request(r#""url": "https://api.example.com/", "headers": { "X Trace": "1" }"#),
        "Names of headers are letters, digits and hyphens.",
    ),
    error(
        "header-value",
        "The value of a header holds a line break.",
        Value(r"one\ntwo"),
        "Write it on one line.",
    ),
    warning(
        "looks-like-a-key",
        "Text looks like a password, a key or a token. Adapters are kept, shown and copied: a key in one is a key lost.",
        Request(r#""url": "https://api.example.com/", "headers": { "X-Api-Key": "4711abcd0815" }"#),
        "Keep it as a secret and write `{{secret:name}}`. Change the key: it was written down.",
    ),
    error(
        "member-missing",
        "A member that must be there is not.",
        Members(
            r#""onResponseActions": [{ "action": "patchRegister", "parameter": "TOTALS-A", "data": {} }]"#,
        ),
        "Add it.",
    ),
    error(
        "method",
        "The method is no HTTP method.",
        Request(r#""url": "https://api.example.com/", "method": "PO ST""#),
        "Write `GET`, `POST` or another token.",
    ),
    error(
        "method-missing",
        "There is a body, and nothing says with which method it is sent.",
        Request(r#""url": "https://api.example.com/", "body": { "a": 1 }"#),
        "Say `\"method\": \"POST\"`.",
    ),
    error(
        "path",
        "A path is not written as one.",
        Value("${currentObject:input..id}"),
        "Write `a.b.c`, `a.0.b`, `a[0].b` or `a[\"odd.key\"]`.",
    ),
    error(
        "port-refused",
        "The operator's policy lets nothing out to this port.",
        Request(r#""url": "https://api.example.com:8443/""#),
        "Use one of the ports that the help lists, or ask the operator.",
    ),
    error(
        "register-array",
        "A register whose elements are to be joined holds no array.",
        Value("${joinRegArray:PRICES-LIST}"),
        "Name registers that hold arrays.",
    ),
    error(
        "register-cycle",
        "Registers read each other in a circle.",
        Value("${configRegister:CIRCLE-A}"),
        "Take the shared part into a register of its own.",
    ),
    error(
        "register-key",
        "What names a register is no key, or depends on data. Which registers are read is known when the adapter is checked.",
        Value("${configRegister:${currentObject:input.key}}"),
        "Write the key out; the place within the register may depend on data.",
    ),
    error(
        "save-scope",
        "A value is saved as a secret for an origin other than the one that answers, and no grant of the operator allows that.",
        Members(
            r#""onResponseActions": [{ "action": "saveSecret", "data": { "key": "session", "value": "${currentObject:response.session}", "url": "https://mail.example.com" } }]"#,
        ),
        "Save it for the origin that answers, or have the operator grant the other one, under `[save_secret]`.",
    ),
    error(
        "scheme-refused",
        "A request goes by https; by plain http only where the operator allows it.",
        Request(r#""url": "http://api.example.com/""#),
        "Use https.",
    ),
    error(
        "script-syntax",
        "A script is not JavaScript.",
        Value("${evaluate:1 +}"),
        "Mend the script at the caret.",
    ),
    warning(
        "script-unchecked",
        "A script is more than a simple expression, and nothing was there that could have read it.",
        Value("${evaluate:[1, 2].map(x => x * 2)}"),
        "Check the adapter where the suite runs, which has a JavaScript engine.",
    ),
    error(
        "secret-leak",
        "A secret would end where it could be seen: in a result, a register, a script, another step.",
        Members(r#""responseMapping": { "key": "{{secret:crm-key}}" }"#),
        "Use secrets in the URL, the headers and the body of the request alone.",
    ),
    error(
        "secret-name",
        "What stands between `{{secret:` and `}}` is no name.",
        Value("{{secret:my key}}"),
        "Names hold letters, digits, `.`, `_` and `-`.",
    ),
    error(
        "secret-over-http",
        "A request with a secret in it goes by plain http, where everybody on the way can read it.",
        Request(r#""url": "http://api.example.com/", "headers": { "X-Api-Key": "{{secret:crm-key}}" }"#),
        "Use https.",
    ),
    error(
        "secret-scope",
        "A secret may be sent to one origin alone, and this request goes to another.",
        Request(r#""url": "https://mail.example.com/", "headers": { "X-Api-Key": "{{secret:crm-key}}" }"#),
        "Send it to its own origin, or put a secret for this one.",
    ),
    error(
        "section-too-early",
        "A section of the context is read before it is there.",
        Value("${currentObject:response.id}"),
        "Read it in a later part of the adapter; the help says from which on.",
    ),
    error(
        "shape",
        "A part of the adapter is not the kind of value that it must be.",
        Members(r#""constants": []"#),
        "Write the kind of value that the message names.",
    ),
    error(
        "syntax",
        "The text is not relaxed JSON, or an expression is not written as one.",
        Value("${currentObject input.id}"),
        "Write what the message expects at the caret.",
    ),
    error(
        "timeout",
        "A timeout is no time.",
        Request(r#""url": "https://api.example.com/", "timeout": "soon""#),
        "Write `\"30s\"`, `\"1500ms\"`, `\"2m\"` or a number of seconds.",
    ),
    error(
        "too-deep",
        "Expressions or values are nested deeper than the limit.",
        Value(
            "${isTrue:${isTrue:${isTrue:${isTrue:${isTrue:${isTrue:${isTrue:${isTrue:${isTrue:${isTrue:${isTrue:${isTrue:${isTrue:${isTrue:${isTrue:${isTrue:${isTrue:${isTrue:${isTrue:${isTrue:${isTrue:${isTrue:${isTrue:${isTrue:${isTrue:${isTrue:${isTrue:${isTrue:${isTrue:${isTrue:${isTrue:${isTrue:${isTrue:1}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}}",
        ),
        "Take parts out into constants.",
    ),
    error(
        "too-large",
        "The adapter, with the registers it reads, is larger or deeper than the limit.",
        Value("${configRegister:MANY-0}"),
        "Read the places that are needed, not whole registers.",
    ),
    error(
        "unclosed-bracket",
        "A bracket is never closed.",
        Whole(r#"{ "requestMapping": { "url": "https://api.example.com/" }"#),
        "Close it.",
    ),
    error("unclosed-comment", "A comment is never closed.", Whole("{} /* the rest"), "End it with `*/`."),
    error(
        "unclosed-expression",
        "An expression is never closed.",
        Value("${currentObject:input.id"),
        "End it with `}`.",
    ),
    error("unclosed-secret", "A secret is never closed.", Value("{{secret:crm-key}"), "End it with `}}`."),
    error(
        "unclosed-string",
        "A string is never closed.",
        Whole(r#"{ "requestMapping"#),
        "End it with a quote.",
    ),
    error(
        "unknown-action",
        "There is no action of this name.",
        Members(
            r#""onResponseActions": [{ "action": "patchRegistr", "parameter": "TOTALS-A", "data": { "value": 1 } }]"#,
        ),
        "Take the name that the help proposes.",
    ),
    error(
        "unknown-algorithm",
        "There is no such hash, or no such form of its output.",
        Value("${hash:sha265,text}"),
        "Take one of those that the help lists.",
    ),
    error(
        "unknown-computed",
        "Nothing is computed by this name.",
        Value("${computed:now}"),
        "Write `${computed:timestamp}`.",
    ),
    error(
        "unknown-connector",
        "A connector, or an adapter that it names, is not there, or the register is neither.",
        Members(
            r#""onResponseConnector": { "connector": "CONNECTOR.BILS", "when": "${currentObject:response.more}" }"#,
        ),
        "Mend the name, or write the register.",
    ),
    warning(
        "unknown-constant",
        "There is no constant of this name: the value is null on every run.",
        Value("${currentObject:constants.host}"),
        "Mend the name, or add the constant.",
    ),
    error(
        "unknown-format",
        "A pattern for a date is none.",
        Value("${now:%!}"),
        "Take the name of a format, or a pattern of the parts that the reference lists.",
    ),
    error(
        "unknown-function",
        "There is no function of this name.",
        Value("${curentObject:input.id}"),
        "Take the name that the help proposes.",
    ),
    error(
        "unknown-integration",
        "There is no integration of this name.",
        Whole(r#"{ "integration": "CMR", "requestMapping": { "url": "https://api.example.com/" } }"#),
        "Mend the name, or create the integration.",
    ),
    warning(
        "unknown-member",
        "A member is not known and is ignored.",
        Members(r#""responseMaping": {}"#),
        "Mend the name, or remove it. `_comment` may stand anywhere.",
    ),
    warning(
        "unknown-path",
        "A path leads nowhere: the value is null on every run.",
        Members(r#""responseMapping": { "failed": "${currentObject:meta.eror}" }"#),
        "Take the step that the help proposes.",
    ),
    error(
        "unknown-register",
        "There is no register of this key, neither shared nor of the business unit.",
        Value("${configRegister:PRICES-LISST}"),
        "Mend the key, or write the register.",
    ),
    error(
        "unknown-secret",
        "There is no secret of this name.",
        Value("{{secret:crm-kye}}"),
        "Mend the name, or put the secret, for the URL that it is to be sent to.",
    ),
    error(
        "unknown-section",
        "The context has no section of this name.",
        Value("${currentObject:inputs.id}"),
        "Take the name that the help proposes.",
    ),
    error(
        "unknown-time-zone",
        "There is no such time zone.",
        Value("${now:date,Europe/Pragu}"),
        "Take a name of the IANA database, such as `Europe/Prague`, or an offset such as `+01:00`.",
    ),
    Code {
        code: "unknown-type",
        severities: &[Error, Warning],
        meaning: "A property says a type that is none. A slip is an error; a word that is like no type leaves the object as it is.",
        example: Members(
            r#""responseMapping": { "properties": { "name": { "value": "x", "type": "sting" } } }"#,
        ),
        mend: "Take the type that the help proposes.",
    },
    error(
        "url",
        "The URL cannot be sent to, whatever the values in it are.",
        Request(r#""url": "/people""#),
        "Write a whole URL: `https://`, a host, a path.",
    ),
    error(
        "xml-place",
        "A value stands in XML text where none is safe: within a tag, a comment, a CDATA section.",
        Request(
            r#""method": "POST", "url": "https://api.example.com/", "headers": { "Content-Type": "application/xml" }, "body": "<a><!-- ${currentObject:input.a} --></a>""#,
        ),
        "Put values into the text of elements or into quoted attributes.",
    ),
];

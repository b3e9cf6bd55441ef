use super::Limits;
use crate::environment::{Environment, Register};
use crate::{Adapter, Answer, Run, Used, Value};

const TEXT: &str = r#"{
    "constants": { "pair": { "a": "${currentObject:input.list}", "b": 1 } },
    "requestMapping": { "method": "POST", "url": "https://x.y/${currentObject:input.id}", "headers": { "H": "${currentObject:input.id}" },
        "query": { "q": "${currentObject:input.list}" }, "body": { "list": "${currentObject:input.list}", "text": "<${currentObject:input.id}>" } },
    "responseMapping": [ { "all": "${currentObject:response}" }, "${currentObject:constants.pair}" ],
    "onResponseActions": [ { "action": "patchRegister", "parameter": "A-${currentObject:input.id}", "data": { "value": "${currentObject:responseMapping}" } } ],
    "onResponseConnector": { "connector": "A", "data": { "all": "${currentObject:responseMapping}" } }
}"#;

fn adapter() -> Adapter {
    Adapter::compile("A", TEXT, None, &()).unwrap()
}

fn run(limits: Limits) -> Run {
    let list = Value::from(vec![Value::from(1_i64); 10]);
    Run { input: Value::from([("id", "seven".into()), ("list", list)]), limits, ..Run::default() }
}

fn answer() -> Answer {
    Answer { response: Value::from_json(br#"[[["deep"]], 2]"#).unwrap(), ..Answer::default() }
}

#[test]
fn what_is_used_is_reported_and_the_same_every_time() {
    let (adapter, run) = (adapter(), run(Limits::RUN));
    let request = adapter.request(&run).unwrap();
    // The body: its object, the list and what is in it, the text.
    let body = 1 + 11 + 1;
    // The constant that depends on data: its object, the list and what is in it, the number.
    let constants = 1 + 11 + 1;
    assert_eq!((request.used.nodes, request.used.depth), (constants + body, 2));
    assert_eq!(adapter.request(&run).unwrap().used, request.used);
    let mapped = adapter.map(&run, &answer()).unwrap();
    assert_eq!(mapped.result.to_string(), r#"[{"all":[[["deep"]],2]},{"a":[1,1,1,1,1,1,1,1,1,1],"b":1}]"#);
    assert_eq!(mapped.used.depth, 5);
    assert!(mapped.used.output_bytes > 0 && mapped.used.fuel > mapped.used.nodes as u64, "{:?}", mapped.used);
}

/// A limit of exactly what is used is kept; one less is exceeded, and named with its size and the place.
#[test]
fn a_limit_is_what_may_be_used_and_no_more() {
    let adapter = adapter();
    let request = |limits| adapter.request(&run(limits)).map(|request| request.used);
    let map = |limits| adapter.map(&run(limits), &answer()).map(|mapped| mapped.used);
    let mapped = adapter.map(&run(Limits::RUN), &answer()).unwrap();
    let actions = |limits| adapter.actions(&run(limits), &answer(), &mapped).map(|made| made.used);
    let connector = |limits| adapter.connector(&run(limits), &answer(), &mapped).map(|made| made.used);
    let stages: [&dyn Fn(Limits) -> Result<Used, crate::EvalError>; 4] =
        [&request, &map, &actions, &connector];
    for stage in stages {
        let Used { nodes, depth, output_bytes, fuel } = stage(Limits::RUN).unwrap();
        assert!(stage(Limits { nodes, depth, output_bytes, fuel, ..Limits::RUN }).is_ok());
        for (limits, told) in [
            (
                Limits { nodes: nodes - 1, ..Limits::RUN },
                format!("more than {} values (limit `nodes`)", nodes - 1),
            ),
            (
                Limits { depth: depth - 1, ..Limits::RUN },
                format!("deeper than {} (limit `depth`)", depth - 1),
            ),
            (
                Limits { output_bytes: output_bytes - 1, ..Limits::RUN },
                format!("more than {} bytes (limit `output_bytes`)", output_bytes - 1),
            ),
            (
                Limits { fuel: fuel - 1, ..Limits::RUN },
                format!("more than {} steps (limit `fuel`)", fuel - 1),
            ),
        ] {
            let error = stage(limits).unwrap_err();
            assert!(error.message.ends_with(&told), "{error}, not {told}");
            assert!(
                [
                    "constants.",
                    "requestMapping.",
                    "responseMapping[",
                    "onResponseActions[",
                    "onResponseConnector."
                ]
                .iter()
                .any(|place| error.place.starts_with(place)),
                "{error}"
            );
        }
    }
}

/// Small texts that would take steps or room without end: each reads something large again and again.
#[test]
fn what_is_read_again_and_again_takes_fuel_and_room() {
    let many = |of: &str| vec![format!("\"{of}\""); 20_000].join(",");
    let list = "1,".repeat(50_000);
    let with = |members: &str| {
        format!(r#"{{ "requestMapping": {{ "url": "https://x.y/", "method": "POST" }}, {members} }}"#)
    };
    let constant = "${currentObject:constants.large}";
    let text = with(&format!(
        "\"constants\": {{ \"large\": [{list}\"${{currentObject:input}}\"] }}, \"responseMapping\": [{}]",
        many(&format!("${{isTrue:{constant}}}")),
    ));
    let spent = |text: &str, input: Value| {
        let adapter = Adapter::compile("A", text, None, &()).unwrap();
        let run = Run { input, ..Run::default() };
        let error = adapter
            .respond(&run, &Answer::default())
            .and(adapter.request(&run).map(|_| Value::Null))
            .unwrap_err();
        error.to_string()
    };
    assert!(spent(&text, Value::Null).ends_with("steps (limit `fuel`)"));
    let long = || Value::from("x".repeat(1 << 20));
    let body = |content_type: &str, body: &str| {
        format!(
            r#"{{ "requestMapping": {{ "url": "https://x.y/", "method": "POST", "headers": {{ "Content-Type": "{content_type}" }}, "body": {body} }} }}"#
        )
    };
    let list = format!("[{}]", many("${currentObject:input}"));
    let steps = format!("[{}]", many("${currentObject:input.${currentObject:input}}"));
    for text in [
        body("application/json", &list),
        body("application/json", &steps),
        body("application/xml", &format!("{{ \"r\": {{ \"i\": {list} }} }}")),
        body("application/x-www-form-urlencoded", &format!("{{ \"i\": {list} }}")),
        body("text/plain", &format!("\"{}\"", "${currentObject:input}".repeat(20_000))),
        format!(r#"{{ "requestMapping": {{ "url": "https://x.y/", "query": {{ "q": {list} }} }} }}"#),
        format!(r#"{{ "requestMapping": {{ "url": "https://x.y/", "headers": {{ "H": {list} }} }} }}"#),
        format!(
            r#"{{ "requestMapping": {{ "url": "https://x.y/{}" }} }}"#,
            "${currentObject:input}".repeat(20_000)
        ),
        format!(r#"{{ "constants": {{ "c": {list} }}, "requestMapping": {{ "url": "https://x.y/" }} }}"#),
    ] {
        let told = spent(&text, long());
        assert!(told.ends_with("bytes (limit `output_bytes`)"), "{}: {told}", &text[..100]);
    }
}

/// A condition reads every digit of a number.
#[test]
fn a_long_number_takes_steps_where_it_is_a_condition() {
    let text = r#"{ "requestMapping": { "url": "https://x.y/" }, "responseMapping": "${if:${currentObject:input},1,2}" }"#;
    let adapter = Adapter::compile("A", text, None, &()).unwrap();
    let steps = |digits: usize| {
        let input = Value::from_json("7".repeat(digits).as_bytes()).unwrap();
        adapter.map(&Run { input, ..Run::default() }, &Answer::default()).unwrap().used.fuel
    };
    assert_eq!(steps(64_000) - steps(1), 1_000);
}

/// What compiling is limited to is the environment's to say.
#[test]
fn an_environment_sets_the_limits_of_compiling() {
    struct Small(Limits);
    impl Environment for Small {
        fn register(&self, _key: &str) -> Option<Register> {
            Some(Register::authored("[1, 2, 3]"))
        }

        fn limits(&self) -> Limits {
            self.0
        }
    }
    let text = r#"{ "requestMapping": { "url": "https://x.y/" }, "responseMapping": ["${if:${isTrue:true},${reg:A-B},1}"] }"#;
    let compile = |limits| {
        Adapter::compile("A", text, None, &Small(limits))
            .map_err(|found| found.into_iter().map(|f| f.message).collect())
    };
    let authored = Limits::AUTHORED;
    assert!(compile(authored).is_ok());
    for (limits, told) in [
        (Limits { bytes: 100, ..authored }, "longer than 100 bytes (limit `bytes`)"),
        (Limits { depth: 2, ..authored }, "deeper than 2 (limit `depth`)"),
        (Limits { nodes: 6, ..authored }, "(limit `nodes`)"),
        (Limits { expressions: 1, ..authored }, "deeper than 1 (limit `expressions`)"),
    ] {
        let found: Vec<String> = compile(limits).map(|_| ()).unwrap_err();
        assert!(found.iter().any(|message| message.contains(told)), "{told}: {found:?}");
    }
}

/// The deepest that limits let in is read, cloned, compared, merged, written and dropped on a thread with a quarter of the
/// smallest stack in use: tokio's workers and blocking threads have two megabytes.
#[test]
fn the_deepest_values_fit_a_small_stack() {
    const STACK: usize = 512 << 10;
    let deepest = || {
        let depth = Limits::DATA.depth;
        for text in [
            format!("{}{}", "[".repeat(depth), "]".repeat(depth)),
            format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth)),
        ] {
            let value = Value::from_json(text.as_bytes()).unwrap();
            let mut copy = value.clone();
            copy.merge_patch(&value);
            assert_eq!(copy, value);
            assert_eq!(copy.to_string(), text);
            let adapter = r#"{ "requestMapping": { "url": "https://x.y/", "method": "POST", "body": "${currentObject:input}" },
                "responseMapping": "${currentObject:input}" }"#;
            let adapter = Adapter::compile("A", adapter, None, &()).unwrap();
            let run = Run { input: value, ..Run::default() };
            assert_eq!(adapter.request(&run).unwrap().body.unwrap().masked(), text);
            assert_eq!(adapter.respond(&run, &Answer::default()).unwrap(), copy);
        }
        let depth = Limits::AUTHORED.depth - 2;
        let nested = format!("{}\"${{currentObject:input}}\"{}", "[".repeat(depth), "]".repeat(depth));
        let text = format!(
            "{{ \"requestMapping\": {{ \"url\": \"https://x.y/\" }}, \"responseMapping\": {nested} }}"
        );
        let adapter = Adapter::compile("A", &text, None, &()).unwrap();
        assert_eq!(
            adapter.respond(&Run::default(), &Answer::default()).unwrap().to_string().len(),
            2 * depth + 4
        );
    };
    std::thread::Builder::new().stack_size(STACK).spawn(deepest).unwrap().join().unwrap();
}

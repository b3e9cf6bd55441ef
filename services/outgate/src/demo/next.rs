//! Commands to go on with, ready to be copied.

use std::{env, path::PathBuf};

use super::stage::Stage;
use crate::output::{BOLD, styled};

/// The commands.
pub(super) fn commands(stage: &Stage) -> Vec<String> {
    let (outgate, data, address) = (program(), stage.data(), stage.address);
    let data = data.display();
    let (inputs, examples) = (stage.inputs(), stage.examples());
    let (inputs, examples) = (inputs.display(), examples.display());
    let crm = &stage.crm.origin;
    vec![
        format!("{outgate} secret list --data {data}"),
        format!("{outgate} call CRM GET {crm}/api/v1/getAllCustomerData --data {data}"),
        format!("{outgate} call CRM GET {crm}/admin --data {data}"),
        format!("{outgate} explain ADAPTER.COMPANY-ACCOUNTANCY --input {inputs}/company.json --data {data}"),
        format!(
            "{outgate} run ADAPTER.COMPANY-ACCOUNTANCY --input {inputs}/company-xml.json --json --data {data}"
        ),
        format!("{outgate} apply -f {examples} --dry-run --data {data}"),
        format!(
            "grpcurl -plaintext -H \"authorization: Bearer $(cat {data}/operator.token)\" -d '{{\"parent\":\"tenants/default\"}}' {address} outgate.integrations.v1.IntegrationService/ListIntegrations"
        ),
    ]
}

/// The commands, for people.
pub(super) fn text(stage: &Stage) -> String {
    let commands: Vec<_> = commands(stage).iter().map(|command| format!("  {command}")).collect();
    let title =
        styled(BOLD, "Go on, in another terminal (the third is refused: not an endpoint that CRM lists)");
    format!("\n{title}\n{}\n\nServing until Ctrl-C.", commands.join("\n"))
}

/// This program, as one would type it here.
fn program() -> String {
    let path = env::current_exe().unwrap_or_else(|_| PathBuf::from("outgate"));
    let here = env::current_dir().unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(&path).display().to_string()
}

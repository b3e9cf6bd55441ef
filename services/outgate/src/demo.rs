//! `outgate demo`: the suite's main job, on one machine, with nothing to prepare.
//!
//! It is the real suite, started as `serve` starts it, and called over gRPC as a backend calls it. What is made for
//! the occasion are two counterparts on loopback, their certificates, and two random secrets. Everything lies in a
//! temporary folder that is gone at the end.

use crate::{
    cli,
    commands::{Shutdown, script_worker},
    failure::Failure,
    output::{Output, Report},
};

use acts::Story;
use stage::Stage;

mod accounting;
mod acts;
mod certificates;
mod counterpart;
mod crm;
mod next;
mod proof;
mod random;
mod stage;
mod telling;

/// Plays the story, then serves until told to stop.
pub(crate) async fn run(args: &cli::Demo, output: Output) -> Result<Report, Failure> {
    let shutdown = Shutdown::listen()?;
    let asked = shutdown.asked();
    tokio::pin!(asked);
    let stage = Stage::build(Some(script_worker()?)).await?;
    let played = tokio::select! {
        () = &mut asked => Ok(None),
        story = play(&stage, output) => story.map(Some),
    };
    if let Ok(Some(story)) = &played {
        output.value(&telling::value(story));
        if !args.exit {
            output.line(&next::text(&stage));
            asked.await;
            output.line("\nstopped; the temporary folder is removed");
        }
    }
    stage.clear().await?;
    played.map(|_| Report::said())
}

/// The acts, each told as it happens.
async fn play(stage: &Stage, output: Output) -> Result<Story, Failure> {
    output.line(&telling::opening(stage));
    let secrets = acts::seal(stage).await?;
    output.line(&telling::sealed(&secrets));
    let applied = acts::apply(stage).await?;
    output.line(&telling::applied(&applied, stage));
    let crm = acts::call_crm(stage).await?;
    output.line(&telling::crm(&crm));
    let accounting = acts::run_adapter(stage).await?;
    output.line(&telling::accounting(&accounting));
    let proof = proof::search(stage, &crm, &accounting)?;
    output.line(&telling::proof(&proof));
    Ok(Story {
        opening: telling::opening_value(stage),
        secrets,
        applied,
        crm,
        accounting,
        proof,
        next: next::commands(stage),
    })
}

#[cfg(test)]
mod tests;

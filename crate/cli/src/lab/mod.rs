//! `floatscope lab`: what run time adds to the weights, a bench a module.

use std::process::ExitCode;

use crate::arguments::LabCommand;
use crate::scan::complain;

mod device;
mod forward;
mod matmul;
mod rotary;

/// Runs a bench.
pub(crate) fn command(bench: &LabCommand) -> ExitCode {
    let done = match bench {
        LabCommand::Rotary(options) => rotary::run(options).map(|()| true),
        LabCommand::Forward(options) => forward::run(options).map(|()| true),
        LabCommand::Matmul(options) => matmul::run(options),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(2),
        Err(message) => {
            complain(&message);
            ExitCode::from(2)
        }
    }
}

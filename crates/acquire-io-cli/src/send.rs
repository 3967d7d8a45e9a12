//! Sending one message.

use std::io::{self, ErrorKind, IsTerminal as _};

use acquire_io_sandbox::cli::inert::inert;
use clap::{Args, Subcommand, ValueEnum};

use crate::dry_run;
use crate::exit::{Exit, Failure};
use crate::line::{Line, recipient};
use crate::message;
use crate::message::chat::Chat;
use crate::message::mail::Mail;
use crate::message::sms::Sms;
use crate::output::{Output, say, say_outcome};
use crate::report::Report;
use crate::settings::{self, Connection};
use crate::signals::interrupted;

/// `acquire chat`.
#[derive(Subcommand)]
pub(crate) enum ChatCommand {
    /// Send a chat message, a note or an event
    #[command(after_long_help = "\
Examples:
  acquire chat send --case 2069 --as-agent --text 'Hello!'
  acquire chat send --case 2069 --as-contact 597759 --text Hola --translate-lang-key en
  acquire chat send --case 2069 --note-file summary.txt --output json
  echo 'Is it free?' | acquire chat send --sandbox --case 2069 --text-file -")]
    Send(Send<Chat>),
}

/// `acquire mail`.
#[derive(Subcommand)]
pub(crate) enum MailCommand {
    /// Send an e-mail
    #[command(after_long_help = "\
Examples:
  acquire mail send --case 575 --contact 597632 --from user@acquire.io --to ann@example.com \\
    --subject 'Your order' --html-file order.html --text-file order.txt")]
    Send(Send<Mail>),
}

/// `acquire sms`.
#[derive(Subcommand)]
pub(crate) enum SmsCommand {
    /// Send an SMS
    #[command(after_long_help = "\
Examples:
  acquire sms send --case 2219 --contact 751069 --timeline 2108 --from +12513188609 \\
    --to +919666929552 --text 'Your order is ready'")]
    Send(Send<Sms>),
}

#[derive(Args)]
#[command(after_help = crate::exit::HELP)]
pub(crate) struct Send<M: Args> {
    #[command(flatten)]
    message: M,
    /// Print the HTTP request, without the key, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// What to print [default: text on a terminal and with --dry-run, else json]
    #[arg(long, value_enum, value_name = "FORM")]
    output: Option<Form>,
    #[command(flatten)]
    settings: settings::Options,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// One line for people. With --dry-run: the request as HTTP/1.1
    Text,
    /// One JSON object on one line
    Json,
    /// With --dry-run: a curl command, which takes the key from ACQUIRE_API_KEY
    Curl,
}

impl<M: message::Options> Send<M> {
    pub(crate) async fn run(self, output: &mut Output) -> Result<Exit, Failure> {
        if !self.dry_run && self.output == Some(Form::Curl) {
            return Err(Failure::usage(
                "--output curl needs --dry-run: it prints the request instead of sending it",
            ));
        }
        let message = self.message.into_message()?;
        let connection = self.settings.connect().await?;
        let request = connection.client.to_http_request(&message);
        let request = request.map_err(|invalid| Failure::usage(inert(&invalid.to_string())))?;
        if self.dry_run {
            match self.output.unwrap_or(Form::Text) {
                Form::Text => dry_run::http(&request, output)?,
                Form::Json => dry_run::json(&request, output)?,
                Form::Curl => dry_run::curl(&request, output)?,
            }
            output.flush()?;
            return Ok(Exit::Success);
        }
        let is_text = match self.output {
            Some(form) => form == Form::Text,
            None => io::stdout().is_terminal(),
        };
        send(message, &connection, is_text, output).await
    }
}

/// Sends a message, and prints the outcome. Ctrl-C ends it with the verdict so far.
pub(crate) async fn send(
    message: acquire_io::Message,
    connection: &Connection,
    is_text: bool,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let (case, recipient) = (message.case(), recipient(&message));
    let sent = connection.client.send(message).stop_when(interrupted()?);
    let host = connection.host();
    let report = Report::from(sent.await).through(host, connection.target.key_source.as_deref());
    let mut line = Line {
        outcome: report.delivery,
        label: host,
        case,
        recipient: recipient.as_deref(),
        reason: &report.reason,
    };
    let exit = Exit::from(report.delivery);
    let printed = match is_text {
        false => output.json(&report),
        true if exit == Exit::Success => output.outcome(&line),
        true => Ok(()),
    };
    if exit != Exit::Success {
        // Standard error may be a log, which names no recipient.
        line.recipient = None;
        say_outcome(&line, &report.explanation());
    }
    // The outcome is the same whether it could be printed or not.
    match printed.and_then(|()| output.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            say(format_args!("acquire: standard output: {error}"));
            Ok(exit.max(Exit::Failure))
        }
        _ => Ok(exit),
    }
}

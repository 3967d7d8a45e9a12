//! Sending one message.

use acquire_io_sandbox::cli::inert::inert;
use clap::{Args, Subcommand, ValueEnum};

use crate::exit::{Exit, Failure};
use crate::message::{self, Chat, Mail, Sms};
use crate::output::{Output, say};
use crate::report::Report;
use crate::settings;

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
    #[arg(long, conflicts_with = "output")]
    dry_run: bool,
    /// What to print
    #[arg(long, value_enum, value_name = "FORM", default_value_t = Form::Text)]
    output: Form,
    #[command(flatten)]
    settings: settings::Options,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// One line for people
    Text,
    /// One JSON object, in one line
    Json,
}

impl ChatCommand {
    pub(crate) async fn run(self, output: &mut Output) -> Result<Exit, Failure> {
        let Self::Send(send) = self;
        send.run(output).await
    }
}

impl MailCommand {
    pub(crate) async fn run(self, output: &mut Output) -> Result<Exit, Failure> {
        let Self::Send(send) = self;
        send.run(output).await
    }
}

impl SmsCommand {
    pub(crate) async fn run(self, output: &mut Output) -> Result<Exit, Failure> {
        let Self::Send(send) = self;
        send.run(output).await
    }
}

impl<M: message::Options> Send<M> {
    async fn run(self, output: &mut Output) -> Result<Exit, Failure> {
        let message = self.message.into_message()?;
        let connection = self.settings.connect().await?;
        let client = &connection.client;
        let request = client.to_http_request(&message);
        let request = request.map_err(|invalid| Failure::usage(inert(&invalid.to_string())))?;
        if self.dry_run {
            print(&request, output)?;
            return Ok(Exit::Success);
        }
        let report = Report::from(client.send(message).await);
        let exit = Exit::from(report.delivery);
        let printed = match self.output {
            Form::Json => output.json(&report),
            Form::Text if exit == Exit::Success => output.line(&report),
            Form::Text => Ok(()),
        };
        if exit != Exit::Success {
            say(format_args!("acquire: {report}"));
        }
        // The outcome is the same whether it could be printed or not.
        match printed.and_then(|()| output.flush()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                say(format_args!("acquire: standard output: {error}"));
                Ok(exit.max(Exit::Failure))
            }
            _ => Ok(exit),
        }
    }
}

/// The request as HTTP/1.1 has it on the wire, but for the key.
pub(crate) fn print(
    request: &http::Request<bytes::Bytes>,
    output: &mut Output,
) -> std::io::Result<()> {
    let uri = request.uri();
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    output.line(format_args!("{} {target} HTTP/1.1", request.method()))?;
    for (name, value) in request.headers() {
        let value = match value.is_sensitive() {
            true => "Bearer <hidden>".into(),
            false => String::from_utf8_lossy(value.as_bytes()),
        };
        output.line(format_args!("{name}: {value}"))?;
    }
    if let Some(host) = uri.authority() {
        output.line(format_args!("host: {host}"))?;
    }
    output.line(format_args!("content-length: {}\n", request.body().len()))?;
    output.foreign(request.body())
}

//! Starting, stopping and killing a server.

use std::env;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{Write as _, stderr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::database::Database;
use crate::programs::{self, User};

/// Longer than anything takes here.
const LONG: Duration = Duration::from_secs(60);

/// What the server runs with. It keeps what it commits, as one in use does.
const SETTINGS: [&str; 8] = [
    "listen_addresses=",
    "fsync=on",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_connections=300",
    "shared_buffers=32MB",
    // So that no plan depends on when it runs.
    "autovacuum=off",
    "log_min_messages=fatal",
];

/// A server. It ends with the process, however that ends.
pub struct Server {
    folder: TempDir,
    programs: PathBuf,
    user: User,
    running: Mutex<Child>,
    /// Databases that nobody uses now.
    pub(crate) free: Mutex<Vec<String>>,
    /// Ends the server when this process is gone.
    _guard: Child,
}

/// Waits until its input ends, which is when the process that started it has gone. The server's ID is in a file of its
/// folder.
const GUARD: &str = r#"
trap '' INT TERM HUP
read -r _
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ]; then
  kill -QUIT "$pid" 2>/dev/null
  for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
fi
rm -rf "$1"
"#;

impl Server {
    /// The server that all tests of this process share. None: there is no PostgreSQL.
    pub fn shared() -> Option<Arc<Self>> {
        static SHARED: OnceLock<Option<Arc<Server>>> = OnceLock::new();
        SHARED.get_or_init(Self::start).clone()
    }

    /// Whether there is a PostgreSQL to start. If there is none, this says so in one line.
    ///
    /// # Panics
    /// When there is none, and the environment says that there must be one.
    pub fn is_there() -> bool {
        programs().is_some()
    }

    /// Starts a server. None: there is no PostgreSQL, which is said once.
    ///
    /// # Panics
    /// When it doesn't start, or there is none and the environment says that there must be one.
    pub fn start() -> Option<Arc<Self>> {
        let programs = programs()?;
        let user = User::find();
        let folder = tempfile::Builder::new()
            .prefix("acquire-pg-")
            .tempdir()
            .unwrap();
        user.owns(folder.path());
        let mut guard = Command::new("sh");
        guard
            .args(["-c", GUARD, "guard"])
            .arg(folder.path())
            .stdin(Stdio::piped());
        let guard = guard
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();

        let mut initdb = Command::new(programs.join("initdb"));
        initdb.args([
            "--no-sync",
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--locale=C",
            "-D",
        ]);
        initdb
            .arg(folder.path().join("data"))
            .current_dir(folder.path());
        user.runs(&mut initdb);
        let output = initdb.output().unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let running = run(folder.path(), &programs, user, &[], &[]);
        Some(Arc::new(Self {
            folder,
            programs,
            user,
            running: Mutex::new(running),
            free: Mutex::default(),
            _guard: guard,
        }))
    }

    /// The folder of its socket.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn user(&self) -> User {
        self.user
    }

    /// The address of one of its databases, for the superuser.
    pub fn address(&self, database: &str) -> String {
        self.address_of("postgres", database)
    }

    /// The same, for a role.
    pub fn address_of(&self, role: &str, database: &str) -> String {
        format!(
            "host={} user={role} dbname={database}",
            self.folder().display()
        )
    }

    /// A database that is empty. It is used again when it is dropped.
    pub fn database(self: &Arc<Self>) -> Database {
        Database::new(Arc::clone(self))
    }

    /// Runs SQL in a database as the superuser, by `psql`. Returns what it prints: unaligned rows.
    ///
    /// # Errors
    /// With what `psql` says.
    pub fn psql(&self, database: &str, sql: &str) -> Result<String, String> {
        self.psql_as("postgres", database, sql)
    }

    /// The same, as a role.
    ///
    /// # Errors
    /// With what `psql` says.
    pub fn psql_as(&self, role: &str, database: &str, sql: &str) -> Result<String, String> {
        self.run_psql(&["-U", role, "-d", database, "-c", sql])
    }

    /// The same as the superuser, of a server that was started again with another port.
    ///
    /// # Errors
    /// With what `psql` says.
    pub fn psql_at(&self, port: u16, database: &str, sql: &str) -> Result<String, String> {
        self.run_psql(&[
            "-U",
            "postgres",
            "-p",
            &port.to_string(),
            "-d",
            database,
            "-c",
            sql,
        ])
    }

    fn run_psql(&self, words: &[&str]) -> Result<String, String> {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["-XqAt", "-v", "ON_ERROR_STOP=1", "-h"])
            .arg(self.folder())
            .args(words)
            .stdin(Stdio::null());
        let output = psql.output().unwrap();
        match output.status.success() {
            true => Ok(String::from_utf8(output.stdout)
                .unwrap()
                .trim_end()
                .to_owned()),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        }
    }

    /// Writes a file into its folder, which the server alone can read.
    pub fn write(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;

        let path = self.folder().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        self.user.owns(&path);
    }

    /// Kills the server, as a crash does, with all its connections.
    pub fn kill(&self) {
        let mut running = self.running();
        // Its other processes end when they notice, which they do before anything else.
        running.kill().unwrap();
        running.wait().unwrap();
    }

    /// Stops the server at once, as a crash of one of its processes does: it recovers when it starts again.
    pub fn stop_immediately(&self) {
        self.signal("QUIT");
    }

    /// Stops the server after it has ended its connections.
    pub fn stop(&self) {
        self.signal("INT");
    }

    fn signal(&self, signal: &str) {
        let mut running = self.running();
        let pid = running.id().to_string();
        let status = Command::new("kill")
            .args(["-s", signal, &pid])
            .status()
            .unwrap();
        assert!(status.success());
        running.wait().unwrap();
    }

    /// Starts it again after it has ended, with more settings, such as `fsync=off`.
    pub fn start_again(&self, settings: &[&str]) {
        self.start_again_with(settings, &[]);
    }

    /// The same, with variables of its environment.
    pub fn start_again_with(&self, settings: &[&str], variables: &[(&str, OsString)]) {
        *self.running() = run(
            self.folder(),
            &self.programs,
            self.user,
            settings,
            variables,
        );
    }

    fn running(&self) -> std::sync::MutexGuard<'_, Child> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut running = self.running();
        let _ = running.kill();
        let _ = running.wait();
    }
}

/// The folder with PostgreSQL's programs. None: there is none, which is said once.
fn programs() -> Option<PathBuf> {
    static SAID: OnceLock<()> = OnceLock::new();
    let programs = programs::folder();
    if programs.is_none() {
        let is_required = env::var("ACQUIRE_TEST_POSTGRES").is_ok_and(|value| value == "required");
        assert!(!is_required, "there is no PostgreSQL");
        // Past the test's captured output. Nobody may listen.
        SAID.get_or_init(|| {
            drop(writeln!(
                stderr(),
                "left out: the tests on PostgreSQL, which is not installed"
            ))
        });
    }
    programs
}

/// Starts a server, and waits until it answers.
fn run(
    folder: &Path,
    programs: &Path,
    user: User,
    settings: &[&str],
    variables: &[(&str, OsString)],
) -> Child {
    let begun = Instant::now();
    loop {
        let log = File::create(folder.join("log")).unwrap();
        let mut server = Command::new(programs.join("postgres"));
        server
            .arg("-D")
            .arg(folder.join("data"))
            .arg("-k")
            .arg(folder);
        for setting in SETTINGS.iter().chain(settings) {
            server.args(["-c", setting]);
        }
        server
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        user.runs(&mut server);
        let mut server = server.spawn().unwrap();
        while server.try_wait().unwrap().is_none() {
            let mut ask = Command::new(programs.join("pg_isready"));
            ask.arg("-q").arg("-h").arg(folder);
            if let Some(port) = settings
                .iter()
                .find_map(|setting| setting.strip_prefix("port="))
            {
                ask.args(["-p", port]);
            }
            if ask.status().unwrap().success() {
                return server;
            }
            assert!(begun.elapsed() < LONG, "the server doesn't answer");
            sleep(Duration::from_millis(20));
        }
        // The processes of one that was killed may still be there.
        let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
        assert!(begun.elapsed() < LONG, "the server doesn't start: {log}");
        sleep(Duration::from_millis(100));
    }
}

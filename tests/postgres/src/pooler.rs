//! pgbouncer in transaction mode, before a server.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{env, io::Write as _};

use crate::server::Server;

/// A pooler. It ends when it is dropped.
pub struct Pooler {
    process: Child,
    port: u16,
    folder: std::path::PathBuf,
}

impl Server {
    /// Starts pgbouncer, with two connections for all. None: there is none, which is said.
    ///
    /// # Panics
    /// When it doesn't start, or there is none and the environment says that PostgreSQL must be there.
    pub fn pooler(&self) -> Option<Pooler> {
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = env::split_paths(&path).chain([Path::new("/usr/sbin").to_owned()]);
        let Some(program) = folders
            .map(|folder| folder.join("pgbouncer"))
            .find(|program| program.exists())
        else {
            let is_required =
                env::var("ACQUIRE_TEST_POSTGRES").is_ok_and(|value| value == "required");
            assert!(!is_required, "there is no pgbouncer");
            let _ = writeln!(
                std::io::stderr(),
                "left out: a test with pgbouncer, which is not installed"
            );
            return None;
        };
        let any = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = any.local_addr().unwrap().port();
        drop(any);
        let folder = self.folder();
        let settings = format!(
            "[databases]\n* = host={folder}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = any\npool_mode = transaction\ndefault_pool_size = 2\nmax_client_conn = 100\n\
             server_reset_query =\nlogfile = {folder}/pooler.log\n",
            folder = folder.display()
        );
        // `any` takes the user of the server's connection from here.
        let settings = settings.replace("host=", "user=postgres host=");
        let file = folder.join("pooler.ini");
        fs::write(&file, settings).unwrap();
        self.user().owns(&file);
        let mut pooler = Command::new(program);
        pooler
            .arg("-q")
            .arg(&file)
            .current_dir(folder)
            .stdin(Stdio::null());
        self.user().runs(&mut pooler);
        let process = pooler.spawn().unwrap();
        let begun = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "pgbouncer doesn't answer"
            );
            sleep(Duration::from_millis(20));
        }
        Some(Pooler {
            process,
            port,
            folder: folder.to_owned(),
        })
    }
}

impl Pooler {
    /// The address of a database behind it.
    pub fn address(&self, database: &str) -> String {
        format!(
            "host=127.0.0.1 port={} user=postgres dbname={database} sslmode=disable",
            self.port
        )
    }

    /// What it logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("pooler.log")).unwrap_or_default()
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

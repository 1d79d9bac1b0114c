//! Development mode: when it holds, and the keys that it makes for itself.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind as Io, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use data_encoding::BASE64URL_NOPAD;
use rocket::figment::Profile;
use zeroize::Zeroizing;

use super::secret::SecretText;
use crate::error::{Error, Result};

/// Whether a launch counts as development, and if not, why not.
///
/// Development is a debug build, in Rocket's profile `debug`, on a loopback address: all three, so that no single
/// slip relaxes anything where strangers can reach it.
///
/// ```
/// use rocket_security::config::Development;
///
/// let here = "127.0.0.1".parse().unwrap();
/// assert!(Development::detect(&"debug".into(), here, true).is_on());
/// assert!(!Development::detect(&"debug".into(), here, false).is_on());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Development {
    /// It is: keys are made when none are written, weak settings are said instead of refused.
    On,
    /// It is not, because this is a release build.
    ReleaseBuild,
    /// It is not, because Rocket's profile is not `debug`.
    OtherProfile,
    /// It is not, because other machines can reach the address.
    PublicAddress,
}

impl Development {
    /// Judges by Rocket's profile, the address that it listens on, and `cfg!(debug_assertions)`.
    pub fn detect(profile: &Profile, address: IpAddr, debug_assertions: bool) -> Self {
        if !debug_assertions {
            Development::ReleaseBuild
        } else if *profile != "debug" {
            Development::OtherProfile
        } else if !address.to_canonical().is_loopback() {
            Development::PublicAddress
        } else {
            Development::On
        }
    }

    /// Whether it is development.
    pub fn is_on(self) -> bool {
        self == Development::On
    }
}

/// As the end of a sentence: "this is a release build".
impl fmt::Display for Development {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Development::On => "this is development",
            Development::ReleaseBuild => "this is a release build",
            Development::OtherProfile => "Rocket's profile is not `debug`",
            Development::PublicAddress => "the address is not a loopback address",
        })
    }
}

/// How every key begins that was made for development. Outside development such a key is refused.
pub const DEVELOPMENT_MARK: &str = "development-";

pub(crate) const FOLDER: &str = ".rocket_security";
const FILE: &str = "keys";

/// The keys that development uses where none are written.
#[non_exhaustive]
pub struct DevKeys {
    /// For `secret_keys`.
    pub secret: SecretText,
    /// For `data_keys`.
    pub data: SecretText,
    /// The file in which they lie.
    pub path: PathBuf,
    /// Whether they were made just now.
    pub made: bool,
}

/// Reads the development keys from the folder `.rocket_security` in `dir`, or makes them.
///
/// Any number of processes may ask at once: all get the same keys. They are the owner's alone (mode 0600), and the
/// folder keeps itself out of git.
pub fn dev_keys(dir: &Path) -> Result<DevKeys> {
    let folder = dir.join(FOLDER);
    let path = folder.join(FILE);
    make_folder(&folder).map_err(|error| failed("make the folder", &folder, error))?;
    let made = match fs::symlink_metadata(&path) {
        Ok(_) => false,
        Err(error) if error.kind() == Io::NotFound => make_keys(&folder, &path)?,
        Err(error) => return Err(failed("look at", &path, error)),
    };
    let text = read_keys(&path).map_err(|error| failed("read", &path, error))?;
    let key = |name: &str| {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.filter(|key| key.starts_with(DEVELOPMENT_MARK) && key.len() >= DEVELOPMENT_MARK.len() + 43)
            .map(|key| SecretText::new(key.to_owned()))
    };
    match (key("secret"), key("data")) {
        (Some(secret), Some(data)) => Ok(DevKeys {
            secret,
            data,
            path,
            made,
        }),
        _ => Err(Error::config(format!(
            "{} is not what this library wrote there. Delete it: new keys are made at the next launch, \
             and passwords and sessions made under the old ones are lost.",
            path.display()
        ))),
    }
}

fn failed(what: &str, path: &Path, error: std::io::Error) -> Error {
    Error::config(format!(
        "cannot {what} {} for the development keys: {error}",
        path.display()
    ))
    .with_source(error)
}

/// Makes the library's own folder: the owner's alone, and kept out of git.
pub(crate) fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Err(error) if error.kind() != Io::AlreadyExists => return Err(error),
        _ => {}
    }
    // A link could lead the keys to where others read them.
    let found = fs::symlink_metadata(folder)?;
    if !found.is_dir() {
        return Err(std::io::Error::other("it is not a folder"));
    }
    restrict(folder, &found, 0o700)?;
    match new_file(&folder.join(".gitignore")) {
        Ok(mut ignore) => ignore.write_all(b"*\n"),
        Err(error) if error.kind() == Io::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Writes new keys unless another process was faster. They appear under their name only when they are complete.
fn make_keys(folder: &Path, path: &Path) -> Result<bool> {
    let text = Zeroizing::new(format!(
        "# Keys for development, made by rocket_security. Never use them elsewhere.\nsecret {}\ndata {}\n",
        *new_key()?,
        *new_key()?,
    ));
    let draft = folder.join(format!("{FILE}.{}", BASE64URL_NOPAD.encode(&random::<12>()?)));
    let made = (|| {
        let mut file = new_file(&draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        drop(file);
        match fs::hard_link(&draft, path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == Io::AlreadyExists => Ok(false),
            // Some file systems have no links. There, two first launches at once may disagree.
            Err(_) => fs::rename(&draft, path).map(|()| true),
        }
    })();
    // After a rename it is gone already.
    let _ = fs::remove_file(&draft);
    made.map_err(|error| failed("write", path, error))
}

fn read_keys(path: &Path) -> std::io::Result<Zeroizing<String>> {
    let found = fs::symlink_metadata(path)?;
    if !found.is_file() {
        return Err(std::io::Error::other("it is not a file"));
    }
    restrict(path, &found, 0o600)?;
    fs::read_to_string(path).map(Zeroizing::new)
}

fn new_file(path: &Path) -> std::io::Result<fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Takes from group and others what a copy or a `chmod` gave them.
fn restrict(path: &Path, found: &fs::Metadata, mode: u32) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if found.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
        }
    }
    #[cfg(not(unix))]
    let _ = (path, found, mode);
    Ok(())
}

fn new_key() -> Result<Zeroizing<String>> {
    let bytes = Zeroizing::new(random::<48>()?);
    Ok(Zeroizing::new(format!(
        "{DEVELOPMENT_MARK}{}",
        BASE64URL_NOPAD.encode(bytes.as_slice())
    )))
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    match getrandom::fill(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(Error::internal(format!(
            "the system has no random numbers: {error}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An empty folder that goes away with the test.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            let name = BASE64URL_NOPAD.encode(&random::<12>().unwrap());
            let path = std::env::temp_dir().join(format!("rocket_security-{name}"));
            fs::create_dir(&path).unwrap();
            Folder(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn development_needs_all_three() {
        let (debug, release) = (Profile::from("debug"), Profile::from("release"));
        for here in ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(
                Development::detect(&debug, address(here), true),
                Development::On,
                "{here}"
            );
        }
        for there in [
            "0.0.0.0",
            "::",
            "192.168.0.1",
            "10.0.0.1",
            "::ffff:10.0.0.1",
            "fe80::1",
        ] {
            let found = Development::detect(&debug, address(there), true);
            assert_eq!(found, Development::PublicAddress, "{there}");
        }
        let loopback = address("127.0.0.1");
        assert_eq!(
            Development::detect(&release, loopback, true),
            Development::OtherProfile
        );
        assert_eq!(
            Development::detect(&debug, loopback, false),
            Development::ReleaseBuild
        );
        assert_eq!(
            Development::detect(&Profile::Default, loopback, true),
            Development::OtherProfile
        );
    }

    #[test]
    fn keys_are_made_once_and_kept() {
        let folder = Folder::new();
        let first = dev_keys(&folder.0).unwrap();
        let second = dev_keys(&folder.0).unwrap();
        assert!(first.made && !second.made);
        assert_eq!(first.secret.expose_secret(), second.secret.expose_secret());
        assert_eq!(first.data.expose_secret(), second.data.expose_secret());
        assert_ne!(first.secret.expose_secret(), first.data.expose_secret());
        assert!(first.secret.expose_secret().starts_with(DEVELOPMENT_MARK));
        let names: std::collections::BTreeSet<_> = fs::read_dir(folder.0.join(FOLDER))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(names.into_iter().collect::<Vec<_>>(), [".gitignore", "keys"]);
        assert_eq!(
            fs::read_to_string(folder.0.join(".rocket_security/.gitignore")).unwrap(),
            "*\n"
        );
    }

    #[test]
    fn many_first_launches_agree() {
        let folder = Folder::new();
        let keys: std::collections::BTreeSet<String> = std::thread::scope(|scope| {
            let launches: Vec<_> = (0..16)
                .map(|_| scope.spawn(|| dev_keys(&folder.0).unwrap().secret.expose_secret().to_owned()))
                .collect();
            launches
                .into_iter()
                .map(|launch| launch.join().unwrap())
                .collect()
        });
        assert_eq!(keys.len(), 1);
    }

    #[test]
    fn a_broken_file_is_an_error_that_names_it() {
        let folder = Folder::new();
        let path = dev_keys(&folder.0).unwrap().path;
        for broken in [
            "",
            "secret x\ndata y\n",
            "\u{0}",
            "secret development-\ndata development-\n",
        ] {
            fs::write(&path, broken).unwrap();
            let error = dev_keys(&folder.0).err().unwrap().to_string();
            assert!(error.contains("keys") && error.contains("Delete it"), "{error}");
        }
        fs::write(&path, b"\xff\xfe").unwrap();
        assert!(dev_keys(&folder.0).is_err());
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(dev_keys(&folder.0).is_err());
        assert!(dev_keys(&folder.0.join("missing")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_the_keys() {
        use std::os::unix::fs::PermissionsExt;
        let folder = Folder::new();
        let path = dev_keys(&folder.0).unwrap().path;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        dev_keys(&folder.0).unwrap();
        assert_eq!(mode(&path), 0o600);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_followed() {
        let folder = Folder::new();
        let elsewhere = Folder::new();
        std::os::unix::fs::symlink(&elsewhere.0, folder.0.join(FOLDER)).unwrap();
        assert!(dev_keys(&folder.0).is_err());
    }
}

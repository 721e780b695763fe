//! Writing back into an author's own file.

use crate::failure::Failure;
use std::io::{self, Write};
use std::path::Path;
use tempfile::NamedTempFile;

/// Replaces what a file holds, in one step: whoever reads it, or finds it after a crash, has the old text or the new one.
/// Its permissions stay, and so does a link that leads to it.
pub fn replace(path: &Path, text: &[u8]) -> Result<(), Failure> {
    replaced(path, text).map_err(|e| Failure::file("write", path, &e))
}

fn replaced(path: &Path, text: &[u8]) -> io::Result<()> {
    // A link is not replaced by a file; what it leads to is.
    let path = path.canonicalize()?;
    let permissions = path.metadata()?.permissions();
    if permissions.readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the file is read-only"));
    }
    // Beside it: a rename does not reach another file system.
    let mut file = NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    file.write_all(text)?;
    file.as_file().set_permissions(permissions)?;
    file.as_file().sync_all()?;
    file.persist(&path)?;
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]

    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn permissions_and_links_stay_and_nothing_else_is_left() {
        let directory = tempfile::tempdir().unwrap();
        let (file, link) = (directory.path().join("a.writ"), directory.path().join("b.writ"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&file, &link).unwrap();
        replace(&link, b"new").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(link.is_symlink());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_file_that_may_not_be_written_stays_as_it_is() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a.writ");
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o440)).unwrap();
        assert!(replace(&file, b"new").is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "old");
    }
}

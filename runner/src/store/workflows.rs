//! Workflows, their versions and their programs.

use super::audit::AuditRow;
use super::fault::Fault;
use super::{NewWorkflow, PublishedVersion, Store, StoreError, WorkflowRow};
use crate::engine::Actor;
use crate::ids;
use crate::limits::PROGRAMS_CACHED_MAX;
use crate::time::Millis;
use rusqlite::{OptionalExtension, Row, params};
use std::sync::{Arc, PoisonError};
use writ_compiler::bytecode::{LoadError, Program, ProgramHash, SourceMap};

/// A workflow with its newest version.
const SELECT: &str =
    "SELECT w.id, w.slug, w.name, w.description, v.spec, w.trigger_type, w.trigger_spec, w.status,
     w.version, w.published_version, w.created_at, w.updated_at
     FROM workflows w JOIN workflow_versions v ON v.workflow = w.key AND v.version = w.version";

impl Store {
    /// Adds a workflow as a draft, version 1, with its program.
    ///
    /// # Errors
    /// [`StoreError::SlugTaken`].
    pub async fn create_workflow(&self, workflow: NewWorkflow) -> Result<WorkflowRow, StoreError> {
        let NewWorkflow { slug, name, description, spec, trigger_type, trigger_spec, compiled, by } =
            workflow;
        let program = compiled.program.encode();
        let hash = ProgramHash::of(&program);
        let source_map = postcard::to_stdvec(&compiled.source_map)
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let now = Millis::now();
        let made = WorkflowRow {
            id: ids::new("wkf"),
            slug,
            name,
            description,
            spec,
            trigger_type,
            trigger_spec,
            status: "draft".into(),
            version: 1,
            published_version: None,
            created_at: now,
            updated_at: now,
        };
        let audit = AuditRow::new("workflow.created", &made.id, &by).with(
            &serde_json::json!({"slug": made.slug, "version": 1, "program": hash.to_string()}),
        );
        let row = made.clone();
        let created = self.write(move |tx| {
            let taken = "SELECT 1 FROM workflows WHERE slug = ?1";
            if tx.row(taken, [&row.slug], |_| Ok(()))?.is_some() {
                return Ok(false);
            }
            tx.execute(
                "INSERT INTO workflows (id, slug, name, description, trigger_type, trigger_spec, status, version, created_at, updated_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)",
                params![
                    row.id, row.slug, row.name, row.description, row.trigger_type,
                    row.trigger_spec, row.status, row.version, now.0
                ],
            )?;
            let key = tx.inserted();
            tx.execute(
                "INSERT INTO programs (hash, bytes) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                params![hash.0, program],
            )?;
            tx.execute(
                "INSERT INTO workflow_versions (workflow, version, spec, program, source_map, created_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![key, row.version, row.spec, hash.0, source_map, now.0],
            )?;
            audit.write(tx)?;
            tx.changes_settings()?;
            Ok(true)
        });
        if created.await? { Ok(made) } else { Err(StoreError::SlugTaken) }
    }

    /// A workflow by id or slug.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn workflow(&self, id_or_slug: &str) -> Result<Option<WorkflowRow>, StoreError> {
        let wanted = id_or_slug.to_owned();
        let found = self.read(move |db| {
            let sql = format!("{SELECT} WHERE w.id = ?1 OR w.slug = ?1");
            Ok(db.prepare_cached(&sql)?.query_row([wanted], workflow_row).optional()?)
        });
        Ok(found.await?)
    }

    /// Makes the newest version the one that takes triggers; the workflow is `active`. Publishing what is published
    /// already changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub async fn publish_workflow(
        &self,
        id_or_slug: &str,
        by: Actor,
    ) -> Result<WorkflowRow, StoreError> {
        let wanted = id_or_slug.to_owned();
        let now = Millis::now();
        let published = self.write(move |tx| {
            let change = "UPDATE workflows SET status = 'active', published_version = version, updated_at = ?2
                 WHERE (id = ?1 OR slug = ?1) AND (status <> 'active' OR published_version IS NOT version)
                 RETURNING id, version";
            let changed = tx.row(change, params![wanted, now.0], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, u32>(1)?))
            })?;
            if let Some((id, version)) = changed {
                AuditRow::new("workflow.published", &id, &by)
                    .with(&serde_json::json!({ "version": version }))
                    .write(tx)?;
                tx.changes_settings()?;
            }
            tx.row(&format!("{SELECT} WHERE w.id = ?1 OR w.slug = ?1"), [&wanted], workflow_row)
        });
        published.await?.ok_or(StoreError::NotFound)
    }

    /// The version that takes triggers; `None` when there is no such workflow or it was never published. Answered
    /// from memory while nothing has changed.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn published(
        &self,
        id_or_slug: &str,
    ) -> Result<Option<Arc<PublishedVersion>>, StoreError> {
        let (found, generation) = self.settings(|kept| kept.published.get(id_or_slug).cloned())?;
        if found.is_some() {
            return Ok(found);
        }
        let wanted = id_or_slug.to_owned();
        let found = self.read(move |db| {
            let sql = "SELECT w.key, w.id, w.slug, v.version, w.status, v.program FROM workflows w
                 JOIN workflow_versions v ON v.workflow = w.key AND v.version = w.published_version
                 WHERE w.id = ?1 OR w.slug = ?1";
            let published = |row: &Row<'_>| {
                Ok(PublishedVersion {
                    workflow: row.get(0)?,
                    workflow_id: row.get(1)?,
                    slug: row.get(2)?,
                    version: row.get(3)?,
                    retired: row.get::<_, String>(4)? == "retired",
                    program: ProgramHash(row.get(5)?),
                })
            };
            Ok(db.prepare_cached(sql)?.query_row([wanted], published).optional()?)
        });
        let Some(found) = found.await?.map(Arc::new) else { return Ok(None) };
        self.inner.settings.keep(generation, |kept| {
            kept.published.insert(id_or_slug.to_owned(), Arc::clone(&found));
        });
        Ok(Some(found))
    }

    /// A stored program, decoded and verified; kept in memory.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or [`StoreError::Unavailable`] when this release cannot run it.
    pub async fn loaded_program(&self, hash: ProgramHash) -> Result<Arc<Program>, StoreError> {
        let loaded = self.load_program(hash).await?;
        loaded.map_err(|error| StoreError::Unavailable(format!("program {hash}: {error}")))
    }

    /// A stored program; none when this release cannot run it, which must not keep anyone from reading or ending its runs.
    pub(super) async fn usable_program(
        &self,
        hash: ProgramHash,
    ) -> Result<Option<Arc<Program>>, StoreError> {
        Ok(self.load_program(hash).await?.ok())
    }

    async fn load_program(
        &self,
        hash: ProgramHash,
    ) -> Result<Result<Arc<Program>, LoadError>, StoreError> {
        if let Some(program) = self.kept_program(hash) {
            return Ok(Ok(program));
        }
        let bytes = self.program_bytes(hash).await?.ok_or(StoreError::NotFound)?;
        let program = match Program::load(&bytes) {
            Ok(program) => Arc::new(program),
            Err(error) => return Ok(Err(error)),
        };
        let mut programs = self.inner.programs.lock().unwrap_or_else(PoisonError::into_inner);
        // What is forgotten is loaded again when it is needed.
        if programs.len() >= PROGRAMS_CACHED_MAX {
            programs.clear();
        }
        programs.insert(hash, Arc::clone(&program));
        Ok(Ok(program))
    }

    fn kept_program(&self, hash: ProgramHash) -> Option<Arc<Program>> {
        let kept = self.inner.programs.lock().unwrap_or_else(PoisonError::into_inner);
        kept.get(&hash).cloned()
    }

    /// A program's bytes, which have the hash that they are kept under.
    pub(super) async fn program_bytes(
        &self,
        hash: ProgramHash,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let bytes = self.read(move |db| {
            let sql = "SELECT bytes FROM programs WHERE hash = ?1";
            let bytes: Option<Vec<u8>> =
                db.prepare_cached(sql)?.query_row([hash.0], |row| row.get(0)).optional()?;
            match &bytes {
                Some(bytes) if ProgramHash::of(bytes) != hash => {
                    Err(Fault::Damaged("a program is not what its hash says"))
                }
                _ => Ok(bytes),
            }
        });
        Ok(bytes.await?)
    }

    /// The spec text of a version and the way back to it from its program.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn source(
        &self,
        workflow_id: &str,
        version: u32,
    ) -> Result<Option<(String, SourceMap)>, StoreError> {
        let wanted = workflow_id.to_owned();
        let source = self.read(move |db| {
            let sql = "SELECT v.spec, v.source_map FROM workflow_versions v JOIN workflows w ON w.key = v.workflow
                 WHERE w.id = ?1 AND v.version = ?2";
            let mut rows = db.prepare_cached(sql)?;
            let row: Option<(String, Vec<u8>)> = rows
                .query_row(params![wanted, version], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            let Some((spec, map)) = row else { return Ok(None) };
            let map = postcard::from_bytes(&map).map_err(|_| Fault::Damaged("a source map"))?;
            Ok(Some((spec, map)))
        });
        Ok(source.await?)
    }
}

fn workflow_row(row: &Row<'_>) -> rusqlite::Result<WorkflowRow> {
    Ok(WorkflowRow {
        id: row.get(0)?,
        slug: row.get(1)?,
        name: row.get(2)?,
        description: row.get(3)?,
        spec: row.get(4)?,
        trigger_type: row.get(5)?,
        trigger_spec: row.get(6)?,
        status: row.get(7)?,
        version: row.get(8)?,
        published_version: row.get(9)?,
        created_at: Millis(row.get(10)?),
        updated_at: Millis(row.get(11)?),
    })
}

//! The plan: which inputs, in which order, packed into which units.
//!
//! One unit becomes one shard. Scans are ordered by a seeded hash ([`pack`]), so that scans of one room
//! are not neighbours and sequential readers see mixed rooms: the plan is the shuffle, and points
//! never move between workers. The plan's id is a hash of everything that decides the bytes and of
//! nothing else: not the folder names, not the number of threads.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::balance::Shares;
use super::config::{Config, OnError, Undescribed};
use super::gc::is_plan_id;
use super::pack::{Packed, pack};
use super::update::Deciding;
use crate::augment::{Needs, Step};
use crate::error::{Error, Kind, Result, nearest};
use crate::load::{self, Found, Request};
use crate::scene::{Catalogue, Description, Role, ScanEntry};
use crate::store::{self, Folder};
use crate::write::{Balanced, Input, Skipped};

/// Where plans and markers stand in an output folder.
pub(super) const FOLDER: &str = "_dataprep";

/// What to read, what to make of it, in which order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// BLAKE3 of version, pipeline, inputs and units.
    pub plan_id: String,
    /// The program and version that made it.
    pub tool: String,
    /// The pipeline as canonical TOML.
    pub pipeline: String,
    /// Every file that will be read, sorted by name.
    pub inputs: Vec<Input>,
    /// The work, one shard a unit.
    pub units: Vec<Unit>,
    /// What was left out when planning.
    pub skipped: Vec<Skipped>,
    /// What balancing does; follows from pipeline and inputs.
    pub balance: Balanced,
    /// Where the inputs lie; not part of the plan's identity.
    pub sources: Sources,
}

/// One shard's work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// Name of the shard: `train-00000`.
    pub name: String,
    /// Its split.
    pub split: String,
    /// Ids of its scans, in order.
    pub scans: Vec<String>,
    /// BLAKE3 of all that decides its shard: a unit of another plan with the same one has the same bytes.
    pub fingerprint: String,
}

/// Where the inputs lie.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sources {
    /// Folder of each scan.
    pub scans: BTreeMap<String, PathBuf>,
    /// References files.
    pub references: Vec<PathBuf>,
    /// The label table.
    pub labels: Option<PathBuf>,
    /// Split lists by name.
    pub splits: Vec<(String, PathBuf)>,
}

impl Sources {
    /// The inputs as discovery finds them.
    pub(super) fn found(&self) -> Found {
        Found {
            scans: self
                .scans
                .iter()
                .map(|(id, dir)| ScanEntry { id: id.clone(), dir: dir.clone() })
                .collect(),
            references: self.references.clone(),
            labels: self.labels.clone(),
            splits: self.splits.clone(),
            ..Found::default()
        }
    }
}

/// The split of a scan that no list names.
pub(super) const UNLISTED: &str = "unlisted";

/// Makes the plan of a pipeline; `notes` hears what was found and what was done without.
pub fn plan(config: &Config, notes: &mut Vec<String>) -> Result<Plan> {
    let request = Request {
        scans: config.input.scans.clone(),
        references: config.input.references.clone(),
        format: None,
        labels: config.input.labels.clone(),
        splits: config.input.splits.clone().into_iter().collect(),
        scenes: config.input.scenes.clone(),
        ..Request::default()
    };
    if request.scans.is_empty() {
        return Err(config
            .error("input.scans", "no scans are named")
            .help("name a folder of scans in the pipeline file or on the command line"));
    }
    let found = load::discover(&request)?;
    notes.extend(found.notes.iter().cloned());
    let catalogue = load::catalogue(&found);
    catalogue.one_format()?;
    notes.extend(catalogue.notes());
    if let Some(fault) = catalogue.faults.first() {
        return Err(fault.clone());
    }
    let strangers = catalogue.described_scenes().all(|s| catalogue.scan(s).is_none());
    if strangers && request.scenes.is_none() && !catalogue.descriptions.is_empty() {
        return Err(references_of_others(config, &catalogue));
    }
    let mut skipped = unreadable_records(&catalogue)?;
    let single = found.scans.iter().any(|s| request.scans.contains(&s.dir));
    if !single && request.scenes.is_none() {
        skipped.extend(unknown_scans(&catalogue));
    }
    Plan::of(config, &found, &catalogue, skipped, &scan_files)
}

impl Plan {
    /// Makes the plan of scans whose files `files_of` names, from what was found of the data set; `skipped`
    /// is what is left out already.
    ///
    /// # Errors
    /// Those of `files_of`; `Config` when no scan is left, or lacks what a step needs.
    pub fn of(
        config: &Config,
        found: &Found,
        catalogue: &Catalogue,
        mut skipped: Vec<Skipped>,
        files_of: &(impl Fn(&ScanEntry) -> Result<Vec<Input>> + Sync),
    ) -> Result<Self> {
        let shares = Shares::of(&config.balance, &config.sample, catalogue);
        let (mut chosen, without_sentences) = choose(config, catalogue, &shares)?;
        skipped.extend(without_sentences);
        skipped.extend(without_columns(config, &mut chosen)?);

        let mut inputs = data_set_files(found)?;
        let scans: Vec<Vec<Input>> =
            chosen.par_iter().map(|(entry, _)| files_of(entry)).collect::<Result<_>>()?;
        let packed: Vec<Packed<'_>> = chosen
            .iter()
            .zip(&scans)
            .map(|((entry, split), files)| {
                let mesh = Role::Mesh.file_name(&entry.id);
                let bytes = files.iter().find(|f| f.name.ends_with(&mesh)).map_or(0, |f| f.bytes);
                // A scan mesh takes 42 bytes a vertex on disk, a row about 40: near enough to pack by.
                let rows = shares.variants(catalogue.descriptions_of(&entry.id)).len() as u64;
                Packed { id: &entry.id, split, bytes: bytes * rows }
            })
            .collect();
        let target = u64::from(config.output.shard_size_mb) * 1_000_000;
        let mut units = pack(config.sample.seed, target, &packed);
        let pipeline = config.canonical()?;
        let tool = this_tool();
        let deciding = Deciding {
            tool: &tool,
            pipeline: &config.canonical_of_shards()?,
            catalogue,
            shares: &shares,
            files: chosen
                .iter()
                .map(|(entry, _)| entry.id.as_str())
                .zip(scans.iter().map(Vec::as_slice))
                .collect(),
            mixes: config.steps.iter().any(Step::mixes),
        };
        let fingerprints = deciding.fingerprints(&units);
        for (unit, fingerprint) in units.iter_mut().zip(fingerprints) {
            unit.fingerprint = fingerprint;
        }
        inputs.extend(scans.into_iter().flatten());
        inputs.sort();
        let mut plan = Plan {
            plan_id: String::new(),
            tool,
            pipeline,
            inputs,
            units,
            skipped,
            balance: shares.report(chosen.iter().map(|(e, split)| (*e, split.as_str())), catalogue),
            sources: Sources {
                scans: chosen.iter().map(|(e, _)| (e.id.clone(), store::absolute(&e.dir))).collect(),
                references: found.references.iter().map(|p| store::absolute(p)).collect(),
                labels: found.labels.as_deref().map(store::absolute),
                splits: found.splits.iter().map(|(n, p)| (n.clone(), store::absolute(p))).collect(),
            },
        };
        plan.plan_id = plan.identity();
        Ok(plan)
    }

    /// The hash of everything that decides the bytes.
    fn identity(&self) -> String {
        let deciding = (&self.tool, &self.pipeline, &self.inputs, &self.units, &self.skipped);
        // Hashed while it is written: of a million scans it would be half a gigabyte.
        let mut hash = BufWriter::with_capacity(1 << 16, blake3::Hasher::new());
        serde_json::to_writer(&mut hash, &deciding).expect("strings and numbers");
        let hash = hash.into_inner().unwrap_or_else(|_| unreachable!("a hash takes all bytes"));
        hash.finalize().to_hex()[..32].to_owned()
    }

    /// Checks that a plan read back is whole and of this version.
    pub fn check(&self) -> Result<()> {
        if self.tool != this_tool() {
            return Err(made_by_another(self.tool.clone()));
        }
        if self.plan_id != self.identity() {
            return Err(Error::new(Kind::Corrupt, "the plan does not match its own id").help("plan again"));
        }
        Ok(())
    }

    /// A plan as it was written down, from its bytes.
    ///
    /// # Errors
    /// `Corrupt` when they are no plan; whether it is whole and of this version, [`Self::check`] says.
    pub fn parse(bytes: &[u8], path: &Path) -> Result<Self> {
        /// What a plan of any version says.
        #[derive(Deserialize)]
        struct Any {
            tool: String,
        }
        serde_json::from_slice(bytes).map_err(|e| match serde_json::from_slice(bytes) {
            Ok(Any { tool }) if tool != this_tool() => made_by_another(tool).at(path),
            _ => Error::new(Kind::Corrupt, format!("not a plan of dataprep: {e}")).at(path),
        })
    }

    /// The plan in a plan file (`OUT/_dataprep/ID/plan.json`) or, where there is but one, of an
    /// output folder, and that folder.
    pub fn find(path: &Path) -> Result<(Self, PathBuf)> {
        let no_plan = |what: &str| {
            Error::new(Kind::NotFound, what)
                .at(path)
                .help("make one with `dataprep plan`, which prints its path")
        };
        let is_file = path.ends_with("plan.json") && store::is_file(path);
        let (file, root) = if !is_file && store::is_dir(path)? {
            let mut ids = Folder::new(path).folders(FOLDER)?;
            ids.retain(|id| is_plan_id(id));
            let [id] = &ids[..] else {
                return Err(if ids.is_empty() {
                    let what = if path.join(FOLDER).is_dir() { "no finished plan" } else { "no plan" };
                    no_plan(&format!("the folder holds {what}"))
                } else {
                    no_plan("several plans are here").found(ids.join(", ")).help(format!(
                        "name one, as in {}",
                        path.join(FOLDER).join(&ids[0]).join("plan.json").display()
                    ))
                });
            };
            (path.join(FOLDER).join(id).join("plan.json"), path.to_path_buf())
        } else {
            let plans = store::parent(path).and_then(store::parent).filter(|dir| dir.ends_with(FOLDER));
            let root = plans.and_then(store::parent);
            let root =
                root.ok_or_else(|| no_plan("not a plan file").expected("OUT/_dataprep/ID/plan.json"))?;
            let here = if root.as_os_str().is_empty() { Path::new(".") } else { root };
            (path.to_path_buf(), here.to_path_buf())
        };
        let plan = Self::parse(&store::read(&file)?, &file)?;
        plan.check().map_err(|e| e.at(&file))?;
        Ok((plan, root))
    }

    /// Indices of the units with these names.
    ///
    /// # Errors
    /// `Conflict` for a name that the plan does not have.
    pub fn units_named(&self, names: &[String]) -> Result<Vec<usize>> {
        let index = |name: &String| {
            self.units.iter().position(|unit| unit.name == *name).ok_or_else(|| {
                let known = self.units.iter().map(|unit| unit.name.as_str());
                let nearest = nearest(name, known).map(|near| format!("did you mean {near}?"));
                Error::new(Kind::Conflict, format!("unit {name} is not in plan {}", self.plan_id))
                    .help(nearest.unwrap_or_else(|| self.unit_names()))
            })
        };
        names.iter().map(index).collect()
    }

    /// What its units are called, in a clause.
    fn unit_names(&self) -> String {
        let (first, last) = (self.units.first(), self.units.last());
        match (self.units.len(), first.zip(last)) {
            (1, Some((first, _))) => format!("its one unit is {}", first.name),
            (n, Some((first, last))) => format!("its {n} units are called {} to {}", first.name, last.name),
            _ => "it has no unit".to_owned(),
        }
    }

    /// Indices of the units of part `i` of `n`.
    pub fn partition(&self, i: usize, n: usize) -> Vec<usize> {
        (0..self.units.len()).filter(|u| u % n.max(1) == i).collect()
    }
}

/// This program and its version.
fn this_tool() -> String {
    format!("dataprep {}", crate::VERSION)
}

fn made_by_another(tool: String) -> Error {
    Error::new(Kind::Conflict, "the plan was made by another version")
        .expected(this_tool())
        .found(tool)
        .help("plan again with this version, or run it with the other")
}

/// Records of references files that cannot be read; an unreadable file is an error.
fn unreadable_records(catalogue: &Catalogue) -> Result<Vec<Skipped>> {
    let mut skipped = Vec::new();
    for file in &catalogue.references {
        for fault in &file.faults {
            if file.records == 0 || fault.kind() != Kind::Malformed {
                return Err(fault.clone());
            }
            let name = file.path.file_name().unwrap_or_default().to_string_lossy();
            let place = fault.where_in_file().map(|p| format!(":{p}")).unwrap_or_default();
            let why = format!("FIL110: {}", fault.detail());
            skipped.push(Skipped { what: format!("{name}{place}"), why, fault: true });
        }
    }
    Ok(skipped)
}

/// Scans that sentences speak of and that are not there.
fn unknown_scans(catalogue: &Catalogue) -> Vec<Skipped> {
    let unknown = catalogue.described_scenes().filter(|s| catalogue.scan(s).is_none());
    unknown
        .map(|scan| Skipped {
            what: scan.to_owned(),
            why: "REF101: sentences speak of it, but the scan is not there".into(),
            fault: true,
        })
        .collect()
}

type Chosen<'a> = Vec<(&'a ScanEntry, String)>;

/// The scans to use, each with its split, and the ones left out with the reason.
fn choose<'a>(
    config: &Config,
    catalogue: &'a Catalogue,
    shares: &Shares,
) -> Result<(Chosen<'a>, Vec<Skipped>)> {
    let wanted: BTreeSet<&str> = config.input.split.iter().map(String::as_str).collect();
    let keep_undescribed = config.input.undescribed == Undescribed::Keep || catalogue.descriptions.is_empty();
    let mut chosen = Vec::new();
    let mut skipped = Vec::new();
    for entry in &catalogue.scans {
        let split = catalogue.split_of(&entry.id).unwrap_or(UNLISTED);
        if !wanted.is_empty() && !wanted.contains(split) {
            continue;
        }
        let sentences = catalogue.descriptions_of(&entry.id);
        if !keep_undescribed && !sentences.iter().any(Description::is_single) {
            let why = match sentences {
                [] => "no sentence speaks of it",
                _ => "no sentence that speaks of it means one object, as samples must",
            };
            skipped.push(Skipped { what: entry.id.clone(), why: why.into(), fault: false });
            continue;
        }
        if shares.variants(sentences).is_empty() {
            let why = "balancing uses none of its sentences".into();
            skipped.push(Skipped { what: entry.id.clone(), why, fault: false });
            continue;
        }
        chosen.push((entry, split.to_owned()));
    }
    if chosen.is_empty() {
        let key = if wanted.is_empty() { "input.scans" } else { "input.split" };
        return Err(config.error(key, "no scan is left to work on").found(format!(
            "{} scans, {} descriptions, splits {:?}",
            catalogue.scans.len(),
            catalogue.descriptions.len(),
            catalogue.splits.iter().map(|s| s.name.as_str()).collect::<Vec<_>>()
        )).help("do the references speak of these scans? set input.undescribed = \"keep\" to write scans without sentences"));
    }
    Ok((chosen, skipped))
}

/// The error of references that speak of none of the scans.
fn references_of_others(config: &Config, catalogue: &Catalogue) -> Error {
    let files: Vec<String> = catalogue
        .references
        .iter()
        .map(|r| r.path.file_name().unwrap_or_default().to_string_lossy().into_owned())
        .collect();
    let of = |mut ids: Vec<&str>| {
        let n = ids.len();
        ids.truncate(2);
        format!("{}{}", ids.join(", "), if n > 2 { ", …" } else { "" })
    };
    config
        .error("input.references", "no sentence speaks of any of the scans")
        .expected(format!(
            "sentences about {}",
            of(catalogue.scans.iter().map(|scan| scan.id.as_str()).collect())
        ))
        .found(format!("{} about {}", files.join(", "), of(catalogue.described_scenes().collect())))
        .help("name the references that belong to these scans, or the folder of the scans they speak of")
}

/// Refuses a step that needs what a scan's mesh does not have, as its header says; leaves such scans
/// out where the pipeline asks for that. Meshes whose header cannot be read are left to the audit.
fn without_columns(config: &Config, chosen: &mut Chosen<'_>) -> Result<Vec<Skipped>> {
    let needs = Needs::of(&config.steps);
    let declared = |entry: &ScanEntry| load::ply::declared(&entry.dir.join(Role::Mesh.file_name(&entry.id)));
    if needs.colour.is_none()
        && !chosen.is_empty()
        && chosen.par_iter().all(|(entry, _)| declared(entry).is_ok_and(|mesh| !mesh.colour))
    {
        return Err(config
            .error("input.scans", "no scan has colour, and shards hold one for every point")
            .found(format!("{} scans without", chosen.len()))
            .help("give the meshes vertex properties red, green and blue (uchar)"));
    }
    if needs.colour.is_none() && needs.normals.is_none() {
        return Ok(Vec::new());
    }
    let lacks: Vec<Option<(&str, &String)>> = chosen
        .par_iter()
        .map(|(entry, _)| {
            let mesh = declared(entry).ok()?;
            match &needs {
                Needs { colour: Some(step), .. } if !mesh.colour => Some(("colour", step)),
                // Normals are made from the faces.
                Needs { normals: Some(step), .. } if !mesh.faces => Some(("normals", step)),
                _ => None,
            }
        })
        .collect();
    let without: Vec<(&str, &str, &String)> = chosen
        .iter()
        .zip(lacks)
        .filter_map(|((entry, _), lack)| lack.map(|(column, step)| (entry.id.as_str(), column, step)))
        .collect();
    let Some(&(first, column, step)) = without.first() else { return Ok(Vec::new()) };
    if config.check.on_error != Some(OnError::Skip) || without.len() == chosen.len() {
        return Err(config
            .error(&format!("step.{step}"), &format!("the step needs {column}, which {first} lacks"))
            .found(format!("{} of {} scans without", without.len(), chosen.len()))
            .help(if config.check.on_error == Some(OnError::Skip) {
                "take the step out or set its p to 0"
            } else {
                "take the step out or set its p to 0; on-error = \"skip\" in [check] leaves out such scans"
            }));
    }
    let why = |column: &str, step: &str| format!("step `{step}` needs {column}, which its mesh lacks");
    let skipped: Vec<Skipped> = without
        .iter()
        .map(|&(scan, column, step)| Skipped { what: scan.to_owned(), why: why(column, step), fault: true })
        .collect();
    chosen.retain(|(entry, _)| !skipped.iter().any(|s| s.what == entry.id));
    Ok(skipped)
}

fn data_set_files(found: &Found) -> Result<Vec<Input>> {
    let paths = found.references.iter().chain(&found.labels).chain(found.splits.iter().map(|(_, p)| p));
    paths
        .map(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            hashed(name, path)
        })
        .collect()
}

fn scan_files(entry: &ScanEntry) -> Result<Vec<Input>> {
    let files = load::files_of(entry).into_iter().filter(|f| f.bytes.is_some());
    files.map(|f| hashed(format!("{}/{}", entry.id, f.role.file_name(&entry.id)), &f.path)).collect()
}

fn hashed(name: String, path: &Path) -> Result<Input> {
    let bytes = store::read(path)?;
    Ok(Input { name, bytes: bytes.len() as u64, blake3: blake3::hash(&bytes).into() })
}

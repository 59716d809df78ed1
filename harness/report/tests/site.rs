//! The static site, from records in a folder and states of the baselines.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use harness_record::history::DatedRecord;
use harness_record::json_files::json_files;
use harness_record::sample::{callgrind, clock, dhat, record, row};
use harness_record::{Commit, Record, SCHEMA_VERSION};
use harness_report::site::{self, Origin, Scale, Site, Sources};
use quick_xml::Reader;
use quick_xml::events::Event;

/// A record of a day in January 2026. The machine is slower every day; the instructions of phase `fast` are given.
fn day(day: u64, instructions: u64) -> Record {
    let times = |nanoseconds: u64| clock("s", &[nanoseconds * (10 + day); 3]);
    let mut record = record(vec![
        row("kernel/gelu", "naive", vec![times(1000), callgrind(9000)]),
        row(
            "kernel/gelu",
            "fast",
            vec![times(250), callgrind(instructions), dhat(64, 2)],
        ),
        row("only counted", "naive", vec![callgrind(70)]),
    ]);
    record.created = format!("2026-01-{day:02}T00:00:00Z");
    record.environment.revision = Some(id(day));
    let about = &mut record.about.workloads;
    about.insert(
        "kernel/gelu".to_owned(),
        "GELU of a small matrix".to_owned(),
    );
    record
}

/// The id of the commit of a day.
fn id(day: u64) -> String {
    format!("{:0<40}", format!("c{day}"))
}

fn commit(day: u64, subject: &str) -> Commit {
    Commit {
        id: id(day),
        subject: subject.to_owned(),
        date: jiff::Timestamp::from_second(1_767_225_600 + 86_400 * (day as i64 - 1))
            .expect("a date"),
        author: "N. N. <n@example.org>".to_owned(),
    }
}

/// The site of these records, with a baseline of one count for each commit.
fn site_of(records: &[Record], commits: &[Commit], counts: &[u64]) -> Site {
    let folder = tempfile::tempdir().expect("a folder");
    for record in records {
        let name = format!("{}.json", record.created.replace(':', ""));
        record.write(&folder.path().join(name)).expect("written");
    }
    read(folder.path(), commits, counts)
}

fn read(folder: &Path, commits: &[Commit], counts: &[u64]) -> Site {
    let state = |(commit, &count): (&Commit, &u64)| DatedRecord {
        date: commit.date,
        commit: Some(commit.clone()),
        record: record(vec![row("kernel/gelu", "fast", vec![callgrind(count)])]),
    };
    let baselines: Vec<DatedRecord> = commits.iter().zip(counts).map(state).collect();
    Site::read(Sources {
        project: "example".to_owned(),
        records: json_files(folder),
        anchor: "naive",
        baselines: &baselines,
        commits,
    })
}

/// Four records and four baselines. Instructions grow with the third commit and fall with the fourth.
fn small_site() -> Site {
    let commits = [
        commit(1, "Start"),
        commit(2, "Rename"),
        commit(3, "Count <twice> & \"more\""),
        commit(4, "Count once"),
    ];
    let records = [day(1, 1000), day(2, 1000), day(3, 1200), day(4, 900)];
    site_of(&records, &commits, &[1000, 1000, 1200, 900])
}

fn files(site: &Site) -> BTreeMap<String, String> {
    let files = site::files(site).expect("rendered");
    let named = files.into_iter();
    named
        .map(|(path, text)| (path.to_string_lossy().into_owned(), text))
        .collect()
}

#[test]
fn the_pages_of_a_small_site() {
    let files = files(&small_site());
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "feed.xml",
            "index.html",
            "regressions.html",
            "site.css",
            "workloads/kernel-gelu.html",
            "workloads/only-counted.html"
        ]
    );
    for (name, text) in files.iter().filter(|(name, _)| *name != "site.css") {
        insta::assert_snapshot!(format!("site_{}", name.replace(['/', '.'], "_")), text);
    }
}

#[test]
fn a_change_is_listed_for_records_and_for_baselines_with_its_commit() {
    let site = small_site();
    let changes = site.changes();
    let of = |origin| {
        changes
            .iter()
            .filter(move |change| change.trend.origin == origin)
            .map(|change| {
                assert_eq!(change.trend.measure.metric.name(), "instructions");
                (change.size(), change.is_regression(), change.moment.place())
            })
            .collect::<Vec<_>>()
    };
    let expected = [
        (
            "-25 %".to_owned(),
            false,
            "c400000000 Count once".to_owned(),
        ),
        (
            "+20 %".to_owned(),
            true,
            "c300000000 Count <twice> & \"more\"".to_owned(),
        ),
    ];
    assert_eq!(of(Origin::Records), expected);
    assert_eq!(of(Origin::Baselines), expected);
}

#[test]
fn times_are_ratios_to_the_anchor_and_absolute_ones_have_no_change_points() {
    // The machine becomes three times as slow; the ratio stays.
    let slow = |number: u64| {
        let mut record = day(number, 1000);
        for row in &mut record.rows {
            for reading in &mut row.readings {
                if let harness_record::Data::Clock { runs, .. } = &mut reading.data {
                    runs.iter_mut().for_each(|run| run.nanoseconds *= 3);
                }
            }
        }
        record
    };
    let records = [
        day(1, 1000),
        day(2, 1000),
        day(3, 1000),
        slow(4),
        slow(5),
        slow(6),
    ];
    let site = site_of(&records, &[], &[]);
    let trend = |scale| {
        let mut trends = site.workloads[0].trends.iter();
        trends
            .find(|trend| trend.measure.scale == scale && trend.series.phase == "fast")
            .expect("a trend")
    };
    assert!(
        trend(Scale::Ratio)
            .series
            .values()
            .iter()
            .all(|ratio| (ratio - 0.25).abs() < 1e-9)
    );
    let absolute = trend(Scale::Absolute).series.values();
    assert!(absolute[3] > 2.0 * absolute[2], "the machine has a step");
    assert_eq!(site.changes().len(), 0);
    let page = &files(&site)["workloads/kernel-gelu.html"];
    assert!(
        page.contains("compare on one machine only (Test CPU 9000"),
        "{page}"
    );
}

#[test]
fn what_does_not_compare_is_left_out_and_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |number: u64, change: fn(&mut Record)| {
        let mut record = day(number, 1000);
        change(&mut record);
        let path = folder.path().join(format!("{number}.json"));
        record.write(&path).expect("written");
    };
    write(1, |record| record.environment.cpu = "another".to_owned());
    write(2, |record| record.quick = true);
    write(3, |record| record.rows[1].definition = "another".to_owned());
    write(4, |record| {
        record.environment.rustc = "rustc 1.0.0".to_owned()
    });
    write(5, |record| {
        record.rows[1].check = harness_record::Check::Failed("wrong".to_owned())
    });
    write(6, |_| {});
    fs::write(folder.path().join("cut.json"), "{").expect("written");
    fs::write(
        folder.path().join("later.json"),
        day(7, 1).to_json().replacen(
            &format!("\"schema\": {SCHEMA_VERSION}"),
            "\"schema\": 99",
            1,
        ),
    )
    .expect("written");
    let site = read(folder.path(), &[], &[]);
    assert_eq!(site.records.len(), 4, "{:?}", site.records);
    let values = |scale| {
        let mut trends = site.workloads[0].trends.iter();
        let trend = trends
            .find(|trend| trend.measure.scale == scale && trend.series.phase == "fast")
            .expect("a trend");
        (trend.series.points.len(), trend.series.redefined)
    };
    assert_eq!(
        values(Scale::Exact),
        (1, 2),
        "another definition, another toolchain"
    );
    assert_eq!(values(Scale::Ratio), (2, 1), "ratios span toolchains");
    let notes = site.notes.join("\n");
    for part in [
        "1 record of other machines",
        "1 record of short runs",
        "2 files are left out",
    ] {
        assert!(notes.contains(part), "{notes}");
    }
}

/// Ids, lines and subjects with everything that HTML, XML or a path could misread.
fn hostile_site() -> Site {
    let ids = [
        "<script>alert(1)</script>",
        "a\"b'c&d\u{1}]]>",
        "../../up",
        "x/y",
        "x-y",
        "X/Y",
    ];
    let records = [1000, 1000, 2000]
        .into_iter()
        .zip(1..)
        .map(|(count, number)| {
            let mut record = day(number, 1);
            record.rows = ids
                .map(|id| row(id, "<i>naive", vec![callgrind(count)]))
                .to_vec();
            record.environment.cpu = "<script>CPU".to_owned();
            record
                .about
                .workloads
                .insert("x/y".to_owned(), "<script>about".to_owned());
            record
        });
    let commits = [
        commit(1, "one"),
        commit(2, "two"),
        commit(3, "<script>\u{2}&]]>"),
    ];
    site_of(&records.collect::<Vec<_>>(), &commits, &[])
}

#[test]
fn text_of_records_and_git_is_escaped() {
    let files = files(&hostile_site());
    assert_eq!(files.len(), 4 + 6);
    for (name, text) in &files {
        assert!(
            !text.contains("<script") && !text.contains("<i>"),
            "{name}: {text}"
        );
        assert!(
            name.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte)),
            "{name}"
        );
        assert!(!name.split('/').any(|part| part.starts_with('.')), "{name}");
    }
    assert!(!files["feed.xml"].contains(['\u{1}', '\u{2}']));
}

#[test]
fn every_link_leads_to_a_written_file() {
    for site in [small_site(), hostile_site()] {
        let folder = tempfile::tempdir().expect("a folder");
        let written = site::write(&site, folder.path()).expect("written");
        let mut followed = BTreeSet::new();
        for path in written
            .iter()
            .filter(|path| path.extension() != Some("css".as_ref()))
        {
            let text = fs::read_to_string(path).expect("there");
            for link in text
                .split("href=\"")
                .skip(1)
                .filter_map(|rest| rest.split('"').next())
            {
                let link = link.replace("&#x2f;", "/");
                if link == "data:," {
                    continue;
                }
                assert!(
                    !link.contains(':') && !link.starts_with('/'),
                    "{link} is relative"
                );
                let target = path.parent().expect("a folder").join(&link);
                assert!(target.is_file(), "{link} in {}", path.display());
                followed.insert(target.canonicalize().expect("there"));
            }
        }
        assert_eq!(followed.len(), written.len(), "every file is linked");
    }
}

/// Checks that a text is well-formed XML, and returns the text of each element of this name.
fn elements(xml: &str, name: &str) -> Vec<String> {
    let mut reader = Reader::from_str(xml);
    let (mut found, mut depth, mut inside) = (Vec::new(), 0, None);
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Start(start) => {
                depth += 1;
                if start.name().as_ref() == name.as_bytes() {
                    inside = Some((depth, String::new()));
                }
            }
            Event::End(_) => {
                if let Some((_, text)) = inside.take_if(|(at, _)| *at == depth) {
                    found.push(text);
                }
                depth -= 1;
            }
            Event::Text(text) => {
                if let Some((_, known)) = &mut inside {
                    known.push_str(&text.decode().expect("UTF-8"));
                }
            }
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().expect("a character");
                let entity = reference.decode().expect("UTF-8");
                assert!(
                    character.is_some() || ["lt", "gt", "amp", "quot", "apos"].contains(&&*entity),
                    "{entity} is an entity of XML"
                );
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0, "every element is closed");
    found
}

#[test]
fn the_feed_is_xml_with_an_entry_for_each_change() {
    for site in [
        small_site(),
        hostile_site(),
        site_of(&[day(1, 1)], &[], &[]),
    ] {
        let feed = &files(&site)["feed.xml"];
        let entries = elements(feed, "entry").len();
        assert_eq!(entries, site.changes().len());
        let ids = elements(feed, "id");
        assert_eq!(ids.len(), entries + 1);
        assert!(ids.iter().all(|id| id.starts_with("urn:uuid:")), "{ids:?}");
        assert_eq!(
            ids.iter().collect::<BTreeSet<_>>().len(),
            ids.len(),
            "identifiers differ"
        );
        assert_eq!(elements(feed, "author").len(), 1);
        for date in elements(feed, "updated") {
            date.parse::<jiff::Timestamp>().expect("a date of RFC 3339");
        }
        assert_eq!(elements(feed, "updated").len(), entries + 1);
    }
}

#[test]
fn identifiers_of_the_feed_stay_when_records_are_added() {
    let site = |more: &[Record]| {
        let records = [day(1, 1000), day(2, 1000), day(3, 1200), day(4, 1200)];
        site_of(&[&records[..], more].concat(), &[], &[])
    };
    let ids = |site: &Site| elements(&files(site)["feed.xml"], "id");
    let (before, after) = (ids(&site(&[])), ids(&site(&[day(5, 1210), day(6, 1200)])));
    assert_eq!(before.len(), 2);
    assert!(
        before.iter().all(|id| after.contains(id)),
        "{before:?} {after:?}"
    );
}

#[test]
fn other_files_of_the_folder_stay() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("workloads")).expect("made");
    for name in ["CNAME", "workloads/gone.html", "index.html"] {
        fs::write(folder.path().join(name), "old").expect("written");
    }
    site::write(&small_site(), folder.path()).expect("written");
    let text = |name: &str| fs::read_to_string(folder.path().join(name)).expect("there");
    assert_eq!(
        (text("CNAME"), text("workloads/gone.html")),
        ("old".to_owned(), "old".to_owned())
    );
    assert_ne!(text("index.html"), "old");
    let taken = folder.path().join("CNAME");
    assert!(
        site::write(&small_site(), &taken).is_err(),
        "a file is no folder"
    );
}

#[test]
fn without_data_the_site_is_empty() {
    let site = site_of(&[], &[], &[]);
    assert!(site.workloads.is_empty() && site.updated().is_none());
    assert!(files(&site).contains_key("index.html"));
}

//! The inventory says of every column what it holds: nobody adds one without deciding what it means for people.

use crate::community::Community;
use std::collections::HashSet;
use umbrachat_store::inventory::{Export, Holds, Kind, TABLES};
use umbrachat_testing::databases;

databases! {
    async fn the_inventory_lists_every_column_of_every_table(database: TestDatabase) {
        let community = Community::on(database).await;
        let mut listed: Vec<(String, String)> = TABLES
            .iter()
            .flat_map(|table| table.columns.iter().map(|column| (table.name.to_owned(), column.name.to_owned())))
            .collect();
        listed.sort();

        assert_eq!(community.database.columns().await, listed);
    }
}

#[test]
fn every_entry_of_the_inventory_says_enough() {
    let mut kinds = HashSet::new();
    for column in TABLES.iter().flat_map(|table| table.columns) {
        match &column.holds {
            Holds::Personal { kind, export, erased } => {
                kinds.insert(*kind);
                let told = match export {
                    Export::At(places) => places.concat(),
                    Export::Withheld(reason) => (*reason).to_owned(),
                };
                assert!(!told.is_empty() && !erased.is_empty(), "{}", column.name);
            }
            Holds::NotPersonal(reason) => assert!(reason.len() > 5, "{}", column.name),
        }
    }
    for kind in Kind::ALL {
        assert!(kinds.remove(kind), "no column holds {kind:?}");
        assert!([kind.title(), kind.why(), kind.kept()].iter().all(|text| text.len() > 5), "{kind:?}");
    }
    assert!(kinds.is_empty(), "{kinds:?}");
    let names: HashSet<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(names.len(), Kind::ALL.len());
}

use super::*;

#[test]
fn permissions_read_as_the_reference_writes_them() {
    let role = |permissions: Option<&str>| {
        Role::from(RoleRow {
            id: 1,
            name: "editor".into(),
            description: None,
            permissions: permissions.map(str::to_owned),
        })
    };
    assert!(role(None).permissions.is_empty());
    assert!(role(Some("")).permissions.is_empty());
    let many = role(Some("read,write,read")).permissions;
    assert_eq!(many.into_iter().collect::<Vec<_>>(), ["read", "write"]);
}

#[test]
fn a_proof_that_is_not_known_proves_nothing() {
    let proofs = [Factor::Password, Factor::Register].map(|factor| Proof {
        factor,
        at: Timestamp::from_millis(7),
    });
    assert_eq!(join_proofs(&proofs), "password@7,register@7");
    assert_eq!(split_proofs("password@7,register@7"), proofs);
    assert!(split_proofs("").is_empty());
    assert!(split_proofs("telepathy@7,password,password@x,@7").is_empty());
}

#[test]
fn what_a_browser_says_is_cut_by_characters() {
    assert_eq!(cut("é\0é\0é", 2), "éé");
    assert_eq!(cut(&"ü".repeat(300), 255).chars().count(), 255);
}

use crate::model::{Factor, Proof, Timestamp};

/// How sure it is who the visitor is: by what he proved it, and when.
///
/// ```
/// use rocket::get;
/// use rocket_security::{AuthUser, Factor};
///
/// #[get("/sure")]
/// fn sure(user: AuthUser) -> String {
///     match user.assurance().when(Factor::Password) {
///         Some(at) => format!("you gave your password at {}", at.as_millis()),
///         None => "you have not given your password here".into(),
///     }
/// }
/// ```
#[derive(Clone, Copy)]
pub struct Assurance<'a> {
    factors: &'a [Proof],
    authenticated_at: Timestamp,
}

impl<'a> Assurance<'a> {
    pub(crate) fn of(factors: &'a [Proof], authenticated_at: Timestamp) -> Self {
        Assurance {
            factors,
            authenticated_at,
        }
    }

    /// Each factor once, with the last time that it was proved.
    pub fn proofs(&self) -> &'a [Proof] {
        self.factors
    }

    /// When this factor was last proved in this session, if it was.
    pub fn when(&self, factor: Factor) -> Option<Timestamp> {
        self.proofs()
            .iter()
            .find(|proof| proof.factor == factor)
            .map(|proof| proof.at)
    }

    /// When the user last proved who he is; nothing where a remembered browser came back and he has proved nothing since.
    /// [`Fresh`](crate::Fresh) counts from here.
    pub fn authenticated_at(&self) -> Option<Timestamp> {
        let proved = self.proofs().iter().any(|proof| proof.factor != Factor::Remember);
        proved.then_some(self.authenticated_at)
    }
}

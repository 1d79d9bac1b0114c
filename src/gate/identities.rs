//! By what users are known: the attributes in their order, each with the mapper that brings what somebody typed into the
//! form that is looked up. The first mapper that takes it decides, whether or not anybody is found (spec 2.14), so what
//! a look-up costs depends on the words typed and never on who has an account.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config::{Config, IdentityAttribute};
use crate::crypto::NormalForm;
use crate::error::{Error, ErrorKind, Result};
use crate::gate::Gate;
use crate::identity::{Email, Phone, Username};
use crate::model::{OwnIdentity, User};
use crate::store::Identity;

/// Brings what somebody typed into the form that is unique, or says that it is none of its kind.
pub(crate) type Mapper = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// What somebody typed to say who he is, in the form that is looked up and counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LoginIdentity {
    /// By which attribute to look, and for what; nothing when no account can have it.
    pub(super) lookup: Option<(IdentityAttribute, String)>,
    /// What failures are counted under.
    pub(super) counted: String,
}

/// How users are known here.
pub(crate) struct Identities {
    attributes: Vec<IdentityAttribute>,
    username_form: NormalForm,
    own: BTreeMap<String, Mapper>,
}

impl Identities {
    /// # Errors
    /// When the settings name an attribute that has no mapper.
    pub fn new(config: &Config, own: BTreeMap<String, Mapper>) -> Result<Self> {
        let attributes = config.user_identity_attributes.clone();
        for attribute in &attributes {
            if let IdentityAttribute::Own(name) = attribute
                && !own.contains_key(name)
            {
                return Err(Error::config(format!(
                    "`user_identity_attributes` names {name:?}, which is none of the library's: give it to \
                     `SecurityFairing::identity`, or write \"email\", \"username\" or \"us_phone_number\""
                )));
            }
        }
        Ok(Identities {
            attributes,
            username_form: config.username_normalize_form.into(),
            own,
        })
    }

    /// What was typed where any attribute may stand.
    pub fn parse(&self, typed: &str) -> LoginIdentity {
        let mapped = self
            .attributes
            .iter()
            .find_map(|attribute| Some((attribute.clone(), self.map(attribute, typed)?)));
        match mapped {
            Some((attribute, key)) => LoginIdentity {
                counted: key.clone(),
                lookup: Some((attribute, key)),
            },
            None => nobody(typed),
        }
    }

    /// What was typed where only a user name may stand.
    pub fn parse_username(&self, typed: &str) -> LoginIdentity {
        let key = Username::lookup_key(typed, self.username_form);
        match key.is_empty() || !self.attributes.contains(&IdentityAttribute::Username) {
            true => nobody(typed),
            false => LoginIdentity {
                counted: key.clone(),
                lookup: Some((IdentityAttribute::Username, key)),
            },
        }
    }

    fn map(&self, attribute: &IdentityAttribute, typed: &str) -> Option<String> {
        match attribute {
            IdentityAttribute::Email => Email::parse(typed).map(|email| email.key().to_owned()),
            // No rule of length: a name made under older rules must keep working. It never has an @, an address always.
            IdentityAttribute::Username => Some(Username::lookup_key(typed, self.username_form))
                .filter(|key| !key.is_empty() && !key.contains(['@', '+'])),
            IdentityAttribute::Phone => Phone::parse(typed).map(|phone| phone.as_str().to_owned()),
            IdentityAttribute::Own(name) => self.own_key(name, typed),
        }
    }

    fn own_key(&self, attribute: &str, typed: &str) -> Option<String> {
        let mapper = self.own.get(attribute)?;
        mapper(typed.trim())
            .filter(|key| !key.is_empty() && key.chars().count() <= 255 && !key.contains('\0'))
    }

    /// A value of an attribute of the application's, ready to be stored.
    ///
    /// # Errors
    /// When there is no such attribute, or its mapper does not take the value.
    pub fn own_identity(&self, attribute: &str, value: &str) -> Result<OwnIdentity> {
        if !self.own.contains_key(attribute) {
            return Err(Error::config(format!(
                "there is no identity attribute {attribute:?}: give it to `SecurityFairing::identity`"
            )));
        }
        let value = value.trim();
        let fits = value.chars().count() <= 255 && !value.contains('\0');
        match self.own_key(attribute, value).filter(|_| fits) {
            Some(key) => Ok(OwnIdentity {
                attribute: attribute.to_owned(),
                value: value.to_owned(),
                key,
            }),
            None => Err(Error::new(ErrorKind::Invalid, format!("that is no {attribute}"))),
        }
    }
}

/// What no account can be known by; its failures are counted all the same.
fn nobody(typed: &str) -> LoginIdentity {
    LoginIdentity {
        lookup: None,
        counted: Username::lookup_key(typed, NormalForm::None),
    }
}

impl Gate {
    /// Who is known by that. One look-up whatever was typed: what an address that cannot exist would save is looked up
    /// all the same.
    pub async fn find(&self, identity: &LoginIdentity) -> Result<Option<User>> {
        let Some((attribute, key)) = &identity.lookup else {
            let found = self.store.user_by(Identity::Email, &identity.counted).await?;
            return Ok(found.filter(|_| false));
        };
        let attribute = match attribute {
            IdentityAttribute::Email => Identity::Email,
            IdentityAttribute::Username => Identity::Username,
            IdentityAttribute::Phone => Identity::Phone,
            IdentityAttribute::Own(name) => Identity::Own(name),
        };
        self.store.user_by(attribute, key).await
    }
}

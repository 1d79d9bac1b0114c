use std::fmt;

/// How a message is meant; doubles as the flash category, as in the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Something went wrong.
    Error,
    /// Something to know.
    Info,
    /// Something went well.
    Success,
}

impl Level {
    /// `error`, `info` or `success`.
    pub const fn name(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Info => "info",
            Level::Success => "success",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Declares each message once: its name here, its key on the wire, how it is meant, what its text may name.
macro_rules! messages {
    ($($(#[$doc:meta])+ $name:ident = $key:literal $level:ident [$($arg:literal),*],)+) => {
        /// A message of the catalogue, by the reference's name.
        ///
        /// The text itself depends on the language and on the application's own words; clients that must tell
        /// messages apart use the [`key`](Message::key), which JSON carries in `error_codes`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Message {
            $($(#[$doc])+ $name,)+
        }

        impl Message {
            /// All of them.
            pub const ALL: &'static [Message] = &[$(Message::$name),+];

            /// The reference's key, without `SECURITY_MSG_`: `"GENERIC_AUTHN_FAILED"`.
            pub const fn key(self) -> &'static str {
                match self {
                    $(Message::$name => $key,)+
                }
            }

            /// The message of that key.
            pub fn from_key(key: &str) -> Option<Self> {
                match key {
                    $($key => Some(Message::$name),)+
                    _ => None,
                }
            }

            /// How it is meant, unless the setting `msg_<key>` says otherwise.
            pub const fn level(self) -> Level {
                match self {
                    $(Message::$name => Level::$level,)+
                }
            }

            /// What its text may name: `["min", "max"]` for `{ $min }` and `{ $max }`.
            pub const fn args(self) -> &'static [&'static str] {
                match self {
                    $(Message::$name => &[$($arg),*],)+
                }
            }
        }
    };
}

messages! {
    /// The address needs no further confirmation.
    AlreadyConfirmed = "ALREADY_CONFIRMED" Info [],
    /// Only for visitors who are not signed in.
    AnonymousUserRequired = "ANONYMOUS_USER_REQUIRED" Error [],
    /// The request cannot be understood.
    ApiError = "API_ERROR" Error [],
    /// The new address is in force.
    ChangeEmailConfirmed = "CHANGE_EMAIL_CONFIRMED" Success [],
    /// The link that changes the address is too old.
    ChangeEmailExpired = "CHANGE_EMAIL_EXPIRED" Error ["within"],
    /// A link that changes the address is on its way.
    ChangeEmailSent = "CHANGE_EMAIL_SENT" Success ["email"],
    /// A code is on its way.
    CodeHasBeenSent = "CODE_HAS_BEEN_SENT" Info [],
    /// The link that confirms the address is too old.
    ConfirmationExpired = "CONFIRMATION_EXPIRED" Error ["within"],
    /// A link that confirms the address is on its way.
    ConfirmationRequest = "CONFIRMATION_REQUEST" Info ["email"],
    /// The address has to be confirmed first.
    ConfirmationRequired = "CONFIRMATION_REQUIRED" Error [],
    /// Signed up; a link that confirms the address is on its way.
    ConfirmRegistration = "CONFIRM_REGISTRATION" Success ["email"],
    /// The account is deactivated.
    DisabledAccount = "DISABLED_ACCOUNT" Error [],
    /// The address has an account.
    EmailAlreadyAssociated = "EMAIL_ALREADY_ASSOCIATED" Error ["email"],
    /// The address is confirmed.
    EmailConfirmed = "EMAIL_CONFIRMED" Success [],
    /// The address is missing.
    EmailNotProvided = "EMAIL_NOT_PROVIDED" Error [],
    /// The code could not be sent.
    FailedToSendCode = "FAILED_TO_SEND_CODE" Error [],
    /// The label of the link for a lost password.
    ForgotPassword = "FORGOT_PASSWORD" Info [],
    /// Identity and secret do not belong together; says no more.
    GenericAuthnFailed = "GENERIC_AUTHN_FAILED" Error [],
    /// Mail is on its way if the account exists.
    GenericRecovery = "GENERIC_RECOVERY" Info [],
    /// A code is on its way if the account exists.
    GenericUsSignin = "GENERIC_US_SIGNIN" Info [],
    /// The value identifies another account.
    IdentityAlreadyAssociated = "IDENTITY_ALREADY_ASSOCIATED" Error ["attr", "value"],
    /// The provider's identity has no account here.
    IdentityNotRegistered = "IDENTITY_NOT_REGISTERED" Error ["id"],
    /// The code is wrong.
    InvalidCode = "INVALID_CODE" Error [],
    /// The link that confirms the address is no good.
    InvalidConfirmationToken = "INVALID_CONFIRMATION_TOKEN" Error [],
    /// This is no e-mail address.
    InvalidEmailAddress = "INVALID_EMAIL_ADDRESS" Error [],
    /// The value does not fit the field.
    InvalidInput = "INVALID_INPUT" Error [],
    /// The value is too long.
    InvalidInputLength = "INVALID_INPUT_LENGTH" Error ["length"],
    /// The link that signs in is no good.
    InvalidLoginToken = "INVALID_LOGIN_TOKEN" Error [],
    /// The password is wrong.
    InvalidPassword = "INVALID_PASSWORD" Error [],
    /// The password or code is wrong.
    InvalidPasswordCode = "INVALID_PASSWORD_CODE" Error [],
    /// The recovery code is wrong.
    InvalidRecoveryCode = "INVALID_RECOVERY_CODE" Error [],
    /// The page to go to afterwards lies elsewhere.
    InvalidRedirect = "INVALID_REDIRECT" Error [],
    /// The link that resets the password is no good.
    InvalidResetPasswordToken = "INVALID_RESET_PASSWORD_TOKEN" Error [],
    /// Signing in comes first.
    Login = "LOGIN" Info [],
    /// A link that signs in is on its way.
    LoginEmailSent = "LOGIN_EMAIL_SENT" Success ["email"],
    /// The link that signs in is too old; another is on its way.
    LoginExpired = "LOGIN_EXPIRED" Error ["within", "email"],
    /// There are no recovery codes yet.
    NoRecoveryCodesSetup = "NO_RECOVERY_CODES_SETUP" Info [],
    /// The provider did not complete the sign-in.
    OauthHandshakeError = "OAUTH_HANDSHAKE_ERROR" Error ["exerror", "exdesc"],
    /// Signed in by a link.
    PasswordlessLoginSuccessful = "PASSWORDLESS_LOGIN_SUCCESSFUL" Success [],
    /// The password is on a list of stolen ones.
    PasswordBreached = "PASSWORD_BREACHED" Error [],
    /// The list of stolen passwords cannot be asked.
    PasswordBreachedSiteError = "PASSWORD_BREACHED_SITE_ERROR" Error [],
    /// The password is changed.
    PasswordChange = "PASSWORD_CHANGE" Success [],
    /// The password has the wrong length.
    PasswordInvalidLength = "PASSWORD_INVALID_LENGTH" Error ["length"],
    /// The new password is the old one.
    PasswordIsTheSame = "PASSWORD_IS_THE_SAME" Error [],
    /// The password does not match.
    PasswordMismatch = "PASSWORD_MISMATCH" Error [],
    /// The password is missing.
    PasswordNotProvided = "PASSWORD_NOT_PROVIDED" Error [],
    /// The password is reset, and the user signed in.
    PasswordReset = "PASSWORD_RESET" Success [],
    /// The link that resets the password is too old.
    PasswordResetExpired = "PASSWORD_RESET_EXPIRED" Error ["within"],
    /// The password is reset; signing in is next.
    PasswordResetNoLogin = "PASSWORD_RESET_NO_LOGIN" Success [],
    /// A link that resets the password is on its way.
    PasswordResetRequest = "PASSWORD_RESET_REQUEST" Info ["email"],
    /// The password is easy to guess.
    PasswordTooSimple = "PASSWORD_TOO_SIMPLE" Error [],
    /// This is no usable phone number.
    PhoneInvalid = "PHONE_INVALID" Error [],
    /// The user has to prove anew who he is.
    ReauthenticationRequired = "REAUTHENTICATION_REQUIRED" Error [],
    /// The user proved anew who he is.
    ReauthenticationSuccessful = "REAUTHENTICATION_SUCCESSFUL" Info [],
    /// The user has to prove anew who he is (unused, as in the reference).
    Refresh = "REFRESH" Info [],
    /// The refresh token is no good.
    RefreshTokenInvalid = "REFRESH_TOKEN_INVALID" Error ["reason"],
    /// The two passwords differ.
    RetypePasswordMismatch = "RETYPE_PASSWORD_MISMATCH" Error [],
    /// The second factor is another one now.
    TwoFactorChangeMethodSuccessful = "TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL" Success [],
    /// There is no second factor any more.
    TwoFactorDisabled = "TWO_FACTOR_DISABLED" Success [],
    /// The second factor's code is wrong.
    TwoFactorInvalidToken = "TWO_FACTOR_INVALID_TOKEN" Error [],
    /// The second factor's code is right.
    TwoFactorLoginSuccessful = "TWO_FACTOR_LOGIN_SUCCESSFUL" Success [],
    /// This second factor is not offered.
    TwoFactorMethodNotAvailable = "TWO_FACTOR_METHOD_NOT_AVAILABLE" Error [],
    /// The page makes no sense at this point.
    TwoFactorPermissionDenied = "TWO_FACTOR_PERMISSION_DENIED" Error [],
    /// Setting up the second factor took too long.
    TwoFactorSetupExpired = "TWO_FACTOR_SETUP_EXPIRED" Error ["within"],
    /// Signing in comes first.
    Unauthenticated = "UNAUTHENTICATED" Error [],
    /// The user lacks a role or permission.
    Unauthorized = "UNAUTHORIZED" Error [],
    /// The user name is taken.
    UsernameAlreadyAssociated = "USERNAME_ALREADY_ASSOCIATED" Error ["username"],
    /// The user name is changed.
    UsernameChange = "USERNAME_CHANGE" Success [],
    /// The user name has other characters than letters and digits.
    UsernameDisallowedCharacters = "USERNAME_DISALLOWED_CHARACTERS" Error [],
    /// The user name has markup in it.
    UsernameIllegalCharacters = "USERNAME_ILLEGAL_CHARACTERS" Error [],
    /// The user name has the wrong length.
    UsernameInvalidLength = "USERNAME_INVALID_LENGTH" Error ["min", "max"],
    /// The user name is missing.
    UsernameNotProvided = "USERNAME_NOT_PROVIDED" Error [],
    /// The user name is on its way if the account exists.
    UsernameRecoveryRequest = "USERNAME_RECOVERY_REQUEST" Info [],
    /// There is no such user.
    UserDoesNotExist = "USER_DOES_NOT_EXIST" Error [],
    /// The text message that carries a code.
    UseCode = "USE_CODE" Info ["code"],
    /// Which ways to sign in are set up.
    UsCurrentMethods = "US_CURRENT_METHODS" Info ["method_list"],
    /// This way to sign in is not offered.
    UsMethodNotAvailable = "US_METHOD_NOT_AVAILABLE" Error [],
    /// Setting up a way to sign in took too long.
    UsSetupExpired = "US_SETUP_EXPIRED" Error ["within"],
    /// Another way to sign in is set up.
    UsSetupSuccessful = "US_SETUP_SUCCESSFUL" Info [],
    /// The identity is missing or unknown.
    UsSpecifyIdentity = "US_SPECIFY_IDENTITY" Error [],
    /// The passkey is removed.
    WebauthnCredentialDeleted = "WEBAUTHN_CREDENTIAL_DELETED" Info ["name"],
    /// The passkey is known already.
    WebauthnCredentialIdInuse = "WEBAUTHN_CREDENTIAL_ID_INUSE" Error [],
    /// The passkey is not for this.
    WebauthnCredentialWrongUsage = "WEBAUTHN_CREDENTIAL_WRONG_USAGE" Error [],
    /// The passkey took too long.
    WebauthnExpired = "WEBAUTHN_EXPIRED" Error ["within"],
    /// The passkey names another account.
    WebauthnMismatchUserHandle = "WEBAUTHN_MISMATCH_USER_HANDLE" Error [],
    /// Another passkey of the user has this name.
    WebauthnNameInuse = "WEBAUTHN_NAME_INUSE" Error ["name"],
    /// No passkey of the user has this name.
    WebauthnNameNotFound = "WEBAUTHN_NAME_NOT_FOUND" Error ["name"],
    /// The passkey needs a name.
    WebauthnNameRequired = "WEBAUTHN_NAME_REQUIRED" Error [],
    /// The passkey could not be verified.
    WebauthnNoVerify = "WEBAUTHN_NO_VERIFY" Error ["cause"],
    /// The passkey belongs to nobody.
    WebauthnOrphanCredentialId = "WEBAUTHN_ORPHAN_CREDENTIAL_ID" Error [],
    /// The passkey is added.
    WebauthnRegisterSuccessful = "WEBAUTHN_REGISTER_SUCCESSFUL" Info ["name"],
    /// The passkey is unknown.
    WebauthnUnknownCredentialId = "WEBAUTHN_UNKNOWN_CREDENTIAL_ID" Error [],

    // Ours.
    /// The form was not sent from a page of this visitor's.
    CsrfFailed = "CSRF_FAILED" Error [],
    /// Signed out.
    LoggedOut = "LOGGED_OUT" Success [],
    /// The server cannot answer now.
    TemporarilyUnavailable = "TEMPORARILY_UNAVAILABLE" Error [],
    /// The application has locked the account.
    AccountLocked = "ACCOUNT_LOCKED" Error [],
    /// The request brings two credentials that differ.
    TwoCredentials = "TWO_CREDENTIALS" Error [],
    /// Too many tries; the next one counts after a wait.
    TooManyAttempts = "TOO_MANY_ATTEMPTS" Error ["seconds"],
    /// A field of the application's own was left out.
    ValueNotProvided = "VALUE_NOT_PROVIDED" Error [],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_has_92_and_each_key_leads_back() {
        let own = [
            "ACCOUNT_LOCKED",
            "CSRF_FAILED",
            "LOGGED_OUT",
            "REGISTERED",
            "TEMPORARILY_UNAVAILABLE",
            "TOO_MANY_ATTEMPTS",
            "TWO_CREDENTIALS",
            "VALUE_NOT_PROVIDED",
        ];
        let theirs: Vec<_> = Message::ALL
            .iter()
            .filter(|message| !own.contains(&message.key()))
            .collect();
        assert_eq!(theirs.len(), 92);
        let count = |level| theirs.iter().filter(|message| message.level() == level).count();
        assert_eq!(
            (count(Level::Error), count(Level::Info), count(Level::Success)),
            (62, 17, 13)
        );
        for message in Message::ALL {
            assert_eq!(Message::from_key(message.key()), Some(*message));
        }
        assert_eq!(Message::from_key("unauthorized"), None);
    }
}

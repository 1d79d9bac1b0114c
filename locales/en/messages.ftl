# What the library says to visitors: in pages, in flash messages, and in the `errors` of JSON answers.
#
# The ids are the reference's message keys. Each text may name the arguments listed above it and no others.
# A sentence must not tell more than its situation allows: where an account may or may not exist, it says neither.

ALREADY_CONFIRMED = This email address was confirmed before. There is nothing left to do.
ANONYMOUS_USER_REQUIRED = You are signed in already. Sign out first to do this.
API_ERROR = The server could not make sense of this request.

CHANGE_EMAIL_CONFIRMED = Done. Your account now uses the new email address.
# $within (text): how long such a link lives
CHANGE_EMAIL_EXPIRED = This link was good for { $within } and has run out. Ask for the change of address again.
# $email (text): the new address
CHANGE_EMAIL_SENT = Almost there: open the link that we sent to { $email } to switch to that address.
CODE_HAS_BEEN_SENT = A code is on its way to you.
# $within (text): how long such a link lives
CONFIRMATION_EXPIRED = This link was good for { $within } and has run out. Ask for a new one to confirm your address.
# $email (text): the address to be confirmed
CONFIRMATION_REQUEST = We sent a confirmation link to { $email }.
CONFIRMATION_REQUIRED = First confirm your email address: open the link that we sent you.
# $email (text): the address to be confirmed
CONFIRM_REGISTRATION = Welcome! One step is left: open the link that we sent to { $email }.
CSRF_FAILED = This page had been open for too long, or the request came from somewhere else. Please try again.

ACCOUNT_LOCKED = This account is locked for now.
DISABLED_ACCOUNT = This account has been switched off.

# $email (text): the address as it was typed
EMAIL_ALREADY_ASSOCIATED = There is an account for { $email } already. Do you want to sign in instead?
EMAIL_CONFIRMED = Your email address is confirmed.
EMAIL_NOT_PROVIDED = Enter your email address.

FAILED_TO_SEND_CODE = We could not send the code. Please try again in a little while.
FORGOT_PASSWORD = Lost your password?

GENERIC_AUTHN_FAILED = That did not match. Check what you entered and try again.
GENERIC_RECOVERY = If we know this account, a mail is on its way to its owner.
GENERIC_US_SIGNIN = If we know this account, a code is on its way to its owner.

# $attr (text): what kind of identity, such as an email address
# $value (text): as it was typed
IDENTITY_ALREADY_ASSOCIATED = Another account uses { $value } as its { $attr }.
# $id (text): the name that the provider gave
IDENTITY_NOT_REGISTERED = No account here belongs to { $id }.
INVALID_CODE = This code is not right.
INVALID_CONFIRMATION_TOKEN = This confirmation link does not work. Ask for a new one.
INVALID_EMAIL_ADDRESS = This does not look like an email address.
INVALID_INPUT = This value does not fit here.
# $length (number): how many characters fit
INVALID_INPUT_LENGTH = { $length ->
    [one] There is room for one character only.
   *[other] There is room for { $length } characters at most.
}
INVALID_LOGIN_TOKEN = This sign-in link does not work. Ask for a new one.
INVALID_PASSWORD = This password is not right.
INVALID_PASSWORD_CODE = This password or code is not right.
INVALID_RECOVERY_CODE = This recovery code is not right.
INVALID_REDIRECT = The page to go to afterwards lies outside of this site.
INVALID_RESET_PASSWORD_TOKEN = This link for a new password does not work. Ask for another one.

LOGGED_OUT = You are signed out. See you soon!
LOGIN = Please sign in first.
# $email (text): where the link went
LOGIN_EMAIL_SENT = A sign-in link is on its way to { $email }.
# $within (text): how long such a link lives
# $email (text): where the new link went
LOGIN_EXPIRED = This sign-in link was good for { $within } and has run out. A fresh one is on its way to { $email }.

NO_RECOVERY_CODES_SETUP = You have no recovery codes yet.

# $exerror (text): the provider's name for what went wrong
# $exdesc (text): the provider's description of it
OAUTH_HANDSHAKE_ERROR = Signing in with the other service did not work ({ $exerror }: { $exdesc }). Please try again.

PASSWORDLESS_LOGIN_SUCCESSFUL = Welcome back! You are signed in.
PASSWORD_BREACHED = This password appears in a list of stolen passwords. Choose another one.
PASSWORD_BREACHED_SITE_ERROR = We could not compare this password with the lists of stolen ones. Please try again later.
PASSWORD_CHANGE = Your password is changed.
# $length (number): the shortest that is allowed
PASSWORD_INVALID_LENGTH = Use between { $length } and 128 characters.
PASSWORD_IS_THE_SAME = This is the password you already have. Choose a different one.
PASSWORD_MISMATCH = The password does not fit.
PASSWORD_NOT_PROVIDED = Enter a password.
PASSWORD_RESET = Your new password is set and you are signed in.
# $within (text): how long such a link lives
PASSWORD_RESET_EXPIRED = This link was good for { $within } and has run out. Ask for another one to set a new password.
PASSWORD_RESET_NO_LOGIN = Your new password is set. Sign in with it now.
# $email (text): where the link went
PASSWORD_RESET_REQUEST = We sent a link for a new password to { $email }.
PASSWORD_TOO_SIMPLE = This password is easy to guess. A few unrelated words make a better one.
PHONE_INVALID = This does not look like a phone number that we can reach.

REAUTHENTICATION_REQUIRED = For your safety, prove once more that it is you.
REAUTHENTICATION_SUCCESSFUL = Thank you, that worked.
REFRESH = For your safety, prove once more that it is you.
# $reason (text): what is wrong with the token
REFRESH_TOKEN_INVALID = The refresh token cannot be used: { $reason }.
RETYPE_PASSWORD_MISMATCH = The two passwords are not the same.

TEMPORARILY_UNAVAILABLE = This does not work right now. Please try again in a moment.
# $seconds (number): how long to wait
# $minutes (number): the same in whole minutes, rounded up; 0 when the wait is shorter than two minutes
TOO_MANY_ATTEMPTS = { $minutes ->
    [0] { $seconds ->
        [one] Too many attempts. Wait one second, then try again.
       *[other] Too many attempts. Wait { $seconds } seconds, then try again.
    }
    [one] Too many attempts. Wait a minute, then try again.
   *[other] Too many attempts. Wait { $minutes } minutes, then try again.
}
TWO_CREDENTIALS = The request brings two credentials that differ. Send one of them.
TWO_FACTOR_CHANGE_METHOD_SUCCESSFUL = Your second step is set up the new way.
TWO_FACTOR_DISABLED = The second step at sign-in is switched off.
TWO_FACTOR_INVALID_TOKEN = This code is not right.
TWO_FACTOR_LOGIN_SUCCESSFUL = Welcome back! Your code was right.
TWO_FACTOR_METHOD_NOT_AVAILABLE = This kind of second step is not on offer.
TWO_FACTOR_PERMISSION_DENIED = You cannot open this page at this point.
# $within (text): how long setting up may take
TWO_FACTOR_SETUP_EXPIRED = You had { $within } to finish this, and the time ran out. Start again.

UNAUTHENTICATED = Please sign in to go on.
UNAUTHORIZED = Your account is not allowed to open this page.
# $username (text): the name as it was typed
USERNAME_ALREADY_ASSOCIATED = Somebody else goes by the name { $username }. Choose another one.
USERNAME_CHANGE = Your user name is changed.
USERNAME_DISALLOWED_CHARACTERS = Use letters and digits only.
USERNAME_ILLEGAL_CHARACTERS = Some of these characters are not possible in a user name.
# $min (number): the fewest characters
# $max (number): the most characters
USERNAME_INVALID_LENGTH = Use between { $min } and { $max } characters.
USERNAME_NOT_PROVIDED = Enter a user name.
USERNAME_RECOVERY_REQUEST = If we know this address, its user name is on its way there.
USER_DOES_NOT_EXIST = We know nobody by this name.
# $code (text): the code
USE_CODE = { $code } is your code.
# $method_list (text): the ways, with commas between them
US_CURRENT_METHODS = Set up so far: { $method_list }.
US_METHOD_NOT_AVAILABLE = This way to sign in is not on offer.
# $within (text): how long setting up may take
US_SETUP_EXPIRED = You had { $within } to finish this, and the time ran out. Start again.
US_SETUP_SUCCESSFUL = You can sign in this way from now on.
US_SPECIFY_IDENTITY = Tell us who you are: your email address or another name that we know.
VALUE_NOT_PROVIDED = This is needed to go on.

# $name (text): the passkey's name
WEBAUTHN_CREDENTIAL_DELETED = The passkey { $name } is removed.
WEBAUTHN_CREDENTIAL_ID_INUSE = This passkey has been added before.
WEBAUTHN_CREDENTIAL_WRONG_USAGE = This passkey was set up for something else.
# $within (text): how long the browser had
WEBAUTHN_EXPIRED = You had { $within } to use your passkey, and the time ran out. Start again.
WEBAUTHN_MISMATCH_USER_HANDLE = This passkey was made for a different account.
# $name (text): the passkey's name
WEBAUTHN_NAME_INUSE = You have a passkey called { $name } already.
# $name (text): the passkey's name
WEBAUTHN_NAME_NOT_FOUND = You have no passkey called { $name }.
WEBAUTHN_NAME_REQUIRED = Give the passkey a name.
# $cause (text): what went wrong
WEBAUTHN_NO_VERIFY = The passkey could not be checked: { $cause }.
WEBAUTHN_ORPHAN_CREDENTIAL_ID = This passkey belongs to no account.
# $name (text): the passkey's name
WEBAUTHN_REGISTER_SUCCESSFUL = The passkey { $name } is ready to use.
WEBAUTHN_UNKNOWN_CREDENTIAL_ID = We do not know this passkey.

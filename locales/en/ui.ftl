# Titles, labels, hints and buttons of the pages. Every id here is used by a page, and templates in any engine find
# those without arguments in `texts`.

# Pages
login-title = Welcome back
login-lead = Sign in to your account.
login-submit = Sign in
login-other = New here?
login-other-link = Create an account

register-title = Create your account
register-lead = It takes less than a minute.
register-submit = Create account
register-other = Already have an account?
register-other-link = Sign in

verify-title = Is it still you?
verify-lead = The next page is well protected. Enter your password once more to open it.
verify-who = Signed in as
verify-submit = Continue

logout-title = Sign out?
logout-lead = You can come back whenever you like.
logout-submit = Sign out
logout-stay = Stay signed in

api-keys-title = API keys
api-keys-lead = With a key of yours, a program can act for you without knowing your password.
api-keys-made = Your new key
api-keys-once = Copy it now and keep it safe: nobody can show it to you again, and whoever has it can act for you.
api-keys-list = Your keys
api-keys-another = Another key
api-keys-scopes = What it may do
api-keys-no-scopes = It has no scopes.
# $date (text): a day, as in 2026-01-31
api-keys-created = made { $date }
# $date (text): a day, as in 2026-01-31
api-keys-expires = expires { $date }
# $date (text): a day, as in 2026-01-31
api-keys-expired = expired { $date }
# $date (text): a day, as in 2026-01-31
api-keys-used = last used { $date }
# $date (text): a day, as in 2026-01-31
# $address (text): from where, as in 192.0.2.1
api-keys-used-from = last used { $date } from { $address }
api-keys-unused = never used
api-keys-revoke = Revoke
api-keys-submit = Create key
api-keys-verify = A new key is well protected: enter your password once more to make one.
refresh-tokens-title = Signed-in apps
refresh-tokens-lead = Apps and browsers that stay signed in to your account without asking you again.
refresh-tokens-none = There are none.
refresh-tokens-unnamed = An app without a name
refresh-tokens-here = This browser
# $name (text): what the app or browser calls itself
refresh-tokens-name = { $name }
# $time (text): a moment
refresh-tokens-used = Last used: { $time }
# $time (text): a moment
refresh-tokens-begun = Signed in: { $time }
# $address (text): an IP address
refresh-tokens-from = From the address { $address }
refresh-tokens-revoke = Sign it out
refresh-tokens-submit = Sign out all of them

# Refusals
error-title = That did not work
unauthenticated-title = Sign in first
unauthorized-title = No access
unavailable-title = Just a moment
wait-title = Not so fast
error-home = Go to the start page
error-sign-in = Sign in

# Fields
field-email = Email address
field-email-or-username = Email address or user name
field-username = User name
field-phone = Telephone number, with its country: +49 30 123456
field-identity = Email address, number or name
field-password = Password
field-new-password = Password
field-password-confirm = Password, once more
field-remember = Keep me signed in on this device
field-key-name = Name
field-key-expires = Expires after
key-name-hint = What it is for: a program, a computer.
# $count (number): days
key-days = { $count ->
    [one] one day
   *[other] { $count } days
}
key-never = no end
field-optional = optional
field-choose = Please choose
# $min (number), $max (number): characters
username-hint = { $min } to { $max } letters and digits.
# $min (number): characters
password-hint = At least { $min } characters. A few unrelated words are easy to remember and hard to guess.

# Around them
nav-label = Account
# $name (text): the user's email address or name
nav-signed-in = Signed in as { $name }
nav-sign-out = Sign out
messages-label = Messages
level-error = Error
level-info = Note
level-success = Done
form-problems = { $count ->
    [one] One thing needs another look
   *[other] { $count } things need another look
}
# $title (text): the page's title
document-title-with-problems = Error: { $title }

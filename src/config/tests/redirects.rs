//! Which redirects to other hosts the settings may allow.

use super::*;

#[test]
fn redirects_to_other_hosts_are_checked_together() {
    for (settings, key, mend) in [
        (
            "redirect_allow_subdomains = true",
            "redirect_allow_subdomains",
            "trusted_hosts = ",
        ),
        (
            "redirect_allow_subdomains = true\ntrusted_hosts = ['127.0.0.1', '[::1]:80']",
            "redirect_allow_subdomains",
            "trusted_hosts = ",
        ),
        (
            "redirect_base_domain = 'a.example'",
            "redirect_base_domain",
            "[\".\"]",
        ),
        (
            "redirect_allowed_subdomains = ['x']",
            "redirect_allowed_subdomains",
            "redirect_base_domain = ",
        ),
        (
            "redirect_base_domain = '127.0.0.1'\nredirect_allowed_subdomains = ['x']",
            "redirect_base_domain",
            "Write a domain",
        ),
        (
            "redirect_base_domain = 'https://a.example'\nredirect_allowed_subdomains = ['x']",
            "redirect_base_domain",
            "a host such as",
        ),
        (
            "redirect_base_domain = 'a.example'\nredirect_allowed_subdomains = ['*']",
            "redirect_allowed_subdomains",
            "List each subdomain",
        ),
        (
            "redirect_host = '//ui.example'",
            "redirect_host",
            "a host such as",
        ),
        (
            "redirect_host = 'a@ui.example'",
            "redirect_host",
            "a host such as",
        ),
        ("redirect_behavior = 'sap'", "redirect_behavior", "spa"),
        // A page that is off, and one that would swallow what the front end is to tell.
        (
            "post_logout_view = 'register'",
            "post_logout_view",
            "Write another page",
        ),
        (
            "post_verify_view = '.verify'\nfreshness = -1",
            "post_verify_view",
            "Write another page",
        ),
        (
            "unauthorized_view = 'login'\nredirect_behavior = 'spa'",
            "unauthorized_view",
            "front end",
        ),
        (
            "post_login_view = 'login'",
            "post_login_view",
            "another page of the application",
        ),
    ] {
        let report = relaxed(settings).err().unwrap();
        assert_eq!(report.problems().len(), 1, "{settings}: {report}");
        assert_eq!(report.problems()[0].key, key, "{report}");
        assert!(report.problems()[0].mend.contains(mend), "{report}");
    }
    for settings in [
        "redirect_behavior = ''",
        "redirect_behavior = 'spa'\nredirect_host = 'localhost:8080'\nunauthorized_view = '/sorry'",
        "redirect_allow_subdomains = true\ntrusted_hosts = ['app.example']",
        "redirect_base_domain = '127.0.0.1:3000'\nredirect_allowed_subdomains = ['.']",
        "redirect_base_domain = 'a.example'\nredirect_allowed_subdomains = 'x'",
        "post_logout_view = 'login'\nunauthorized_view = '.login'",
        // A front end on another host may have a sign-in page of that name.
        "redirect_host = 'ui.example'\npost_login_view = '/login'",
    ] {
        good(relaxed(settings));
    }
}

/// A list of hosts is what ASVS 3.7.2 asks for; every subdomain is not.
#[test]
fn every_subdomain_is_a_risk_and_a_list_is_none() {
    let settings = "trusted_hosts = ['app.example']\nredirect_allow_subdomains = true";
    assert_eq!(wrong(strict(&with_keys(settings))), ["redirect_allow_subdomains"]);
    let accepted = format!("{settings}\naccepted_risks = ['redirect_allow_subdomains']");
    good(strict(&with_keys(&accepted)));
    let listed = "redirect_base_domain = 'app.example'\nredirect_allowed_subdomains = ['.', 'shop']";
    good(strict(&with_keys(listed)));
}

//! The addresses of the pages, both ways.

use umbrachat_protocol::ConversationId;

/// Every page that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    Landing,
    SignUp,
    SignIn,
    Recover,
    Privacy,
    About,
    Chats,
    Chat(ConversationId),
    Friends,
    Settings,
    Profile,
    Appearance,
    PrivacySettings,
    Security,
    MyData,
    #[cfg(debug_assertions)]
    Styleguide,
    NotFound,
}

impl Page {
    /// The page at a path.
    pub(crate) fn at(path: &str) -> Self {
        match path {
            "/" | "" => Self::Landing,
            "/sign-up" => Self::SignUp,
            "/sign-in" => Self::SignIn,
            "/recover" => Self::Recover,
            "/privacy" => Self::Privacy,
            "/about" => Self::About,
            "/chats" => Self::Chats,
            "/friends" => Self::Friends,
            "/settings" => Self::Settings,
            "/settings/profile" => Self::Profile,
            "/settings/appearance" => Self::Appearance,
            "/settings/privacy" => Self::PrivacySettings,
            "/settings/security" => Self::Security,
            "/settings/data" => Self::MyData,
            #[cfg(debug_assertions)]
            "/styleguide" => Self::Styleguide,
            _ => {
                path.strip_prefix("/chats/").and_then(|id| id.parse().ok()).map_or(Self::NotFound, Self::Chat)
            }
        }
    }

    /// The place of the room that it belongs to: chats, friends or settings.
    pub(crate) fn section(self) -> Self {
        match self {
            Self::Friends => Self::Friends,
            Self::Settings
            | Self::Profile
            | Self::Appearance
            | Self::PrivacySettings
            | Self::Security
            | Self::MyData => Self::Settings,
            _ => Self::Chats,
        }
    }

    /// For people who are signed in.
    pub(crate) fn is_in_room(self) -> bool {
        self.section() != Self::Chats || matches!(self, Self::Chats | Self::Chat(_))
    }

    /// For people who are not signed in; who is has no use for it.
    pub(crate) fn is_entrance(self) -> bool {
        matches!(self, Self::Landing | Self::SignUp | Self::SignIn | Self::Recover)
    }
}

/// Where a conversation is shown.
pub(crate) fn chat(id: ConversationId) -> String {
    format!("/chats/{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_an_address_that_the_server_knows() {
        for path in [
            "/",
            "/sign-up",
            "/recover",
            "/privacy",
            "/chats",
            "/friends",
            "/settings/appearance",
            "/settings/privacy",
            "/settings/security",
            "/settings/data",
        ] {
            assert_ne!(Page::at(path), Page::NotFound, "{path}");
            assert!(umbrachat_protocol::paths::is_client_page(path), "{path}");
        }
    }

    #[test]
    fn a_chat_is_found_again_by_its_address() {
        let id: ConversationId = "01930000-0000-7000-8000-000000000001".parse().unwrap();
        assert_eq!(Page::at(&chat(id)), Page::Chat(id));
        for path in ["/chats/", "/chats/1", "/chats/x/y", "/nowhere", "/settings/data/more"] {
            assert_eq!(Page::at(path), Page::NotFound, "{path}");
        }
    }
}

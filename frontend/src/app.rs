//! Which page is shown: by the address, and by who is signed in.

use crate::components::icon::mark;
use crate::page::Page;
use crate::pages;
use crate::room::room;
use crate::session::{Ended, Session, State};
use crate::stores::device;
use crate::{browser, language, texts};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::components::Router;
use leptos_router::hooks::{use_location, use_navigate, use_query_map};
use leptos_router::location::{BrowserUrl, LocationProvider};

/// The query that remembers where somebody wanted to go before they had to sign in.
const NEXT: &str = "next";

pub(crate) fn app() -> impl IntoView {
    let session = Session::start();
    // The router keeps the address and its history; which page is at an address, `Page` says, and the compiler checks.
    view! { <Router>{pages(session)}</Router> }
}

/// What fills the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scene {
    /// It is not known yet what to show.
    Waking {
        trouble: bool,
    },
    RecoveryCodes,
    Consent,
    Erased,
    Room,
    Public(Page),
}

fn pages(session: Session) -> AnyView {
    let path = use_location().pathname;
    let page = Memo::new(move |_| path.with(|path| Page::at(path)));
    let scene = Memo::new(move |_| scene(session, page.get()));
    complete_navigation();
    redirect(session, page);
    move_focus(page);
    mark_place(scene);
    name_window(scene);
    let content = move || {
        language::track();
        drawn(session, page, scene.get())
    };
    view! { {content} {farewell(session)} }.into_any()
}

fn drawn(session: Session, page: Memo<Page>, scene: Scene) -> AnyView {
    match scene {
        Scene::Waking { trouble } => waking(trouble),
        Scene::RecoveryCodes => session.account().map_or_else(
            || waking(false),
            |account| pages::recovery_codes::recovery_codes(session, &account.user()),
        ),
        Scene::Consent => session.account().map_or_else(|| waking(false), pages::consent::consent),
        Scene::Erased => session
            .receipt()
            .map_or_else(|| waking(false), |receipt| pages::erased::erased(session, &receipt)),
        Scene::Room => session.account().map_or_else(|| waking(false), |account| room(account, page)),
        Scene::Public(page) => public(session, page),
    }
}

fn scene(session: Session, page: Page) -> Scene {
    match session.state() {
        State::SignedOut(_) if session.receipt().is_some() => Scene::Erased,
        State::SignedIn(_) if !session.codes().is_empty() => Scene::RecoveryCodes,
        State::SignedIn(_) if page.is_in_room() && session.lacks_consent() => Scene::Consent,
        State::SignedIn(_) if page.is_in_room() => Scene::Room,
        // Elsewhere is better for these people; `redirect` takes them there.
        State::SignedIn(_) if page.is_entrance() => Scene::Waking { trouble: false },
        State::SignedOut(_) if page.is_in_room() => Scene::Waking { trouble: false },
        State::Starting { trouble } if page.is_in_room() => Scene::Waking { trouble },
        // Who was signed in the last time most probably still is: better nothing for a moment than a page that goes away.
        State::Starting { trouble }
            if page.is_entrance() && (device::was_signed_in() || page != Page::Landing) =>
        {
            Scene::Waking { trouble }
        }
        _ => Scene::Public(page),
    }
}

fn public(session: Session, page: Page) -> AnyView {
    match (page, untrack(|| session.state())) {
        (Page::SignUp, State::SignedOut(visitor)) => pages::sign_up::sign_up(visitor),
        (Page::SignIn, State::SignedOut(visitor)) => pages::sign_in::sign_in(visitor),
        (Page::Recover, State::SignedOut(visitor)) => pages::recover::recover(visitor),
        (Page::Landing, _) => pages::landing::landing(),
        (Page::Privacy, _) => pages::privacy::privacy(),
        (Page::About, _) => pages::about::about(),
        #[cfg(debug_assertions)]
        (Page::Styleguide, _) => pages::styleguide::styleguide(),
        (Page::NotFound, _) => pages::not_found::not_found(),
        _ => waking(false),
    }
}

/// Who has signed out while the server could not be reached is told what that means, until it has heard of it.
fn farewell(session: Session) -> AnyView {
    let notice = move || {
        language::track();
        session.owes_farewell().then(|| {
            view! {
                <div class="asides">
                    <p class="aside" role="status">
                        {texts::t!(farewell_owed)}
                    </p>
                </div>
            }
        })
    };
    notice.into_any()
}

fn waking(trouble: bool) -> AnyView {
    view! {
        <main class="waking">
            <div>{mark()} <p class="soft" role="status">{trouble.then_some(texts::t!(unreachable_starting))}</p></div>
        </main>
    }
    .into_any()
}

/// Takes people to where there is something for them.
fn redirect(session: Session, page: Memo<Page>) {
    let navigate = use_navigate();
    let location = use_location();
    let query = use_query_map();
    Effect::new(move || {
        let page = page.get();
        let target = match session.state() {
            State::SignedIn(_) if page.is_entrance() => {
                let next = query.with_untracked(|query| query.get(NEXT));
                // Only ever to a page of the room: an address may come from anywhere.
                next.filter(|next| Page::at(next).is_in_room()).unwrap_or_else(|| "/chats".to_owned())
            }
            State::SignedOut(visitor) if page.is_in_room() => {
                let wanted = location.pathname.get_untracked();
                if visitor.ended == Some(Ended::Left) {
                    "/".to_owned()
                } else {
                    format!("/sign-in?{NEXT}={wanted}")
                }
            }
            _ => return,
        };
        navigate(&target, NavigateOptions { replace: true, ..NavigateOptions::default() });
    });
}

/// A link changes the address in the browser only when the page for it is there, which it is at once.
fn complete_navigation() {
    let location = use_location();
    let history = expect_context::<BrowserUrl>();
    Effect::new(move || {
        location.pathname.track();
        history.ready_to_complete();
    });
}

/// A new page is read from its heading; without this the focus would stay on a link that is gone.
fn move_focus(page: Memo<Page>) {
    Effect::new(move |before: Option<Page>| {
        let page = page.get();
        // A conversation has its own idea: its text box.
        if before.is_some_and(|before| before != page) && !matches!(page, Page::Chat(_)) {
            request_animation_frame(|| browser::focus("title"));
        }
        page
    });
}

/// The room names the window itself, by what happens in it.
fn name_window(scene: Memo<Scene>) {
    Effect::new(move || {
        language::track();
        let name = match scene.get() {
            Scene::Room => return,
            Scene::RecoveryCodes => texts::t!(codes_title),
            Scene::Consent => texts::t!(consent_title),
            Scene::Erased => texts::t!(erased_title),
            Scene::Public(Page::SignUp) => texts::t!(create_account),
            Scene::Public(Page::SignIn) => texts::t!(sign_in),
            Scene::Public(Page::Recover) => texts::t!(recover_title),
            Scene::Public(Page::Privacy) => texts::t!(privacy),
            Scene::Public(Page::About) => texts::t!(about),
            Scene::Public(Page::NotFound) => texts::t!(not_found_title),
            Scene::Public(_) | Scene::Waking { .. } => "",
        };
        if matches!(scene.get(), Scene::RecoveryCodes | Scene::Consent | Scene::Erased) {
            request_animation_frame(|| browser::focus("title"));
        }
        document().set_title(&texts::window_title(name, 0));
    });
}

/// The sky is brightest where there is least to read.
fn mark_place(scene: Memo<Scene>) {
    Effect::new(move || {
        let place = match scene.get() {
            Scene::Public(Page::Landing | Page::NotFound) | Scene::Waking { .. } => "open",
            Scene::Public(_) | Scene::RecoveryCodes | Scene::Consent | Scene::Erased => "page",
            Scene::Room => "room",
        };
        if let Some(root) = document().document_element() {
            // The attribute's name is valid, so it cannot be refused.
            let _ = root.set_attribute("data-place", place);
        }
    });
}

//! Who is signed in. A visitor and a signed-in person are different types, so that no page can confuse them.

use crate::api::{ApiError, AuthorizedApi, Renewal, public};
use crate::browser;
use crate::page::Page;
use crate::realtime::Live;
use crate::stores::appearance;
use crate::stores::device::{self, Device};
use crate::stores::shelf;
use crate::tabs;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use leptos::task::spawn_local;
use std::rc::Rc;
use umbrachat_client_core::{Input, KeptConversation};
use umbrachat_protocol::{
    Credentials, EraseMe, ErasureReceipt, Recover, Register, SessionId, SignedIn, Snapshot, User,
};

/// Milliseconds between two tries to find out who is signed in; the last goes on.
const RETRIES: [u32; 4] = [1_000, 2_000, 4_000, 8_000];

/// The one session of this page.
#[derive(Clone, Copy)]
pub(crate) struct Session {
    state: RwSignal<State>,
    /// Recovery codes that were just made and have not been put away yet, one a line.
    codes: RwSignal<String>,
    /// The policy that was agreed to holds no longer: nothing works until that is decided.
    lacks_consent: RwSignal<bool>,
    /// For an account that was just erased.
    receipt: RwSignal<Option<ErasureReceipt>>,
    /// Somebody has signed out, and the server does not know.
    owes_farewell: RwSignal<bool>,
    /// Owns what lives as long as the page, whoever creates it.
    owner: StoredValue<Owner>,
}

#[derive(Clone, Copy)]
pub(crate) enum State {
    /// Not known yet; in trouble when the server does not answer.
    Starting {
        trouble: bool,
    },
    SignedOut(Visitor),
    SignedIn(Account),
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The person signed out.
    Left,
    /// The server ended it.
    Revoked,
}

/// Somebody who is not signed in.
#[derive(Clone, Copy)]
pub(crate) struct Visitor {
    session: Session,
    /// How the last session ended, if one did since the page was opened.
    pub(crate) ended: Option<Ended>,
}

/// Somebody who is signed in, and all that belongs to it.
#[derive(Clone, Copy)]
pub(crate) struct Account {
    session: Session,
    api: StoredValue<Rc<AuthorizedApi>, LocalStorage>,
    pub(crate) live: Live,
    pub(crate) device: Device,
    user: StoredValue<User>,
}

impl Session {
    /// Finds out who is signed in. Must be called where the whole page is owned.
    pub(crate) fn start() -> Self {
        let session = Self {
            state: RwSignal::new(State::Starting { trouble: false }),
            codes: RwSignal::default(),
            lacks_consent: RwSignal::new(false),
            receipt: RwSignal::new(None),
            owes_farewell: RwSignal::new(false),
            owner: StoredValue::new(Owner::current().unwrap_or_default()),
        };
        spawn_local(session.resume());
        session
    }

    pub(crate) fn state(self) -> State {
        self.state.get()
    }

    pub(crate) fn account(self) -> Option<Account> {
        match self.state.get() {
            State::SignedIn(account) => Some(account),
            State::Starting { .. } | State::SignedOut(_) => None,
        }
    }

    /// Recovery codes that wait to be put away, one a line.
    pub(crate) fn codes(self) -> String {
        self.codes.get()
    }

    /// They are safe; they will not be shown again.
    pub(crate) fn put_codes_away(self) {
        self.codes.set(String::new());
    }

    pub(crate) fn lacks_consent(self) -> bool {
        self.lacks_consent.get()
    }

    /// What was erased, until it has been read.
    pub(crate) fn receipt(self) -> Option<ErasureReceipt> {
        self.receipt.get()
    }

    /// Whether somebody has signed out without the server's knowing. Until it does, their other devices still list this one.
    pub(crate) fn owes_farewell(self) -> bool {
        self.owes_farewell.get()
    }

    pub(crate) fn put_receipt_away(self) {
        self.receipt.set(None);
    }

    /// The server does nothing more for this person until they have agreed to the policy that holds.
    pub(crate) fn ask_for_consent(self) {
        let Some(account) = untrack(|| self.account()) else { return };
        account.live.stop();
        if !self.lacks_consent.get_untracked() {
            self.lacks_consent.set(true);
        }
    }

    /// The server has ended the session. Unsent messages stay on the device, for the next time.
    pub(crate) fn end(self) {
        let Some(account) = untrack(|| self.account()) else { return };
        account.live.stop();
        self.sign_out_here(Some(Ended::Revoked));
    }

    /// Somebody has signed out in another tab, which has wiped what was kept.
    pub(crate) fn left_elsewhere(self) {
        let Some(account) = untrack(|| self.account()) else { return };
        account.live.stop();
        account.device.wipe();
        self.sign_out_here(Some(Ended::Left));
    }

    async fn resume(self) {
        // The last wait is repeated until the server answers.
        let waits = RETRIES.into_iter().chain(std::iter::repeat(RETRIES[RETRIES.len() - 1]));
        // Whoever has signed out stays so, though the server may not have heard of it.
        if device::farewell().is_some() {
            spawn_local(self.say_farewell(String::new()));
            return self.sign_out_here(None);
        }
        // A browser reports every refused call, so the server is not asked for nothing: who has signed out is a visitor, and so
        // is who was never signed in here, unless they come to a page for which it matters. There it is asked once, since a
        // cookie may have outlived what was kept.
        let may_matter = Page::at(&browser::path()).is_in_room() && !device::has_nobody();
        if !device::was_signed_in() && !may_matter {
            return self.sign_out_here(None);
        }
        // What was kept shows at once; whether the session goes on, connecting tells.
        if let Some(person) = device::last_person()
            && let Some((account, conversations)) = shelf::of(person).await
            && account.user.user.id == person
        {
            return self.begin_from(account, conversations);
        }
        for wait in waits {
            match public::refresh().await {
                Ok(signed_in) => return self.begin(&signed_in),
                Err(ApiError::Problem(problem)) if problem.status == 401 => return self.sign_out_here(None),
                Err(_) => {}
            }
            self.state.set(State::Starting { trouble: true });
            TimeoutFuture::new(wait).await;
        }
    }

    fn begin_from(self, kept: Snapshot, conversations: Vec<KeptConversation>) {
        // A token that has ended already: the first call renews it.
        let signed_in = SignedIn {
            user: kept.user.clone(),
            session_id: SessionId(uuid::Uuid::nil()),
            access_token: String::new(),
            access_expires_in: 0,
            refresh_token: None,
        };
        let account = self.owner.with_value(|owner| owner.with(|| Account::new(self, &signed_in)));
        account.live.tell(Input::Recall { account: Box::new(kept), conversations });
        self.enter(account);
    }

    fn begin(self, signed_in: &SignedIn) {
        let account = self.owner.with_value(|owner| owner.with(|| Account::new(self, signed_in)));
        device::keep_signed_in(signed_in.user.user.id);
        appearance::suggest(signed_in.user.settings.theme);
        self.enter(account);
    }

    fn enter(self, account: Account) {
        self.lacks_consent.set(false);
        self.state.set(State::SignedIn(account));
        account.live.start();
    }

    fn sign_out_here(self, how: Option<Ended>) {
        match how {
            Some(_) => device::keep_signed_out(),
            None if device::was_signed_in() => device::forget_signed_in(),
            None => {}
        }
        // Also where the server has ended the session: perhaps because the device is in other hands.
        spawn_local(shelf::wipe());
        self.state.set(State::SignedOut(Visitor { session: self, ended: how }));
    }
}

impl Session {
    /// Tells the server that somebody has left, until it has heard of it: also after a reload, when the access token is gone and
    /// the cookie stands for the session.
    async fn say_farewell(self, token: String) {
        let waits = RETRIES.into_iter().chain(std::iter::repeat(RETRIES[RETRIES.len() - 1]));
        for wait in waits {
            if self.try_farewell(token.clone()).await {
                return;
            }
            self.owes_farewell.set(true);
            TimeoutFuture::new(wait).await;
        }
    }

    /// Whether nothing is left to tell.
    async fn try_farewell(self, token: String) -> bool {
        // Another tab may be at it, or done.
        let _turn = tabs::turn_to_renew().await;
        let Some(person) = device::farewell() else {
            self.owes_farewell.set(false);
            return true;
        };
        let is_over = match public::logout(person, token).await {
            Ok(()) => true,
            Err(ApiError::Problem(problem)) => problem.status < 429,
            Err(ApiError::Unreachable | ApiError::Unexpected) => false,
        };
        if is_over {
            device::keep_farewell(None);
            self.owes_farewell.set(false);
        }
        is_over
    }

    /// Another session takes the place of one that may not have ended yet, and with it the cookie that could end it.
    async fn settle_farewell(self) {
        if device::farewell().is_some() {
            self.try_farewell(String::new()).await;
            device::keep_farewell(None);
        }
    }
}

impl Visitor {
    pub(crate) async fn register(self, body: Register) -> Result<(), ApiError> {
        self.session.settle_farewell().await;
        let registered = public::register(&body).await?;
        self.session.codes.set(registered.recovery_codes.join("\n"));
        self.session.begin(&registered.signed_in);
        Ok(())
    }

    /// With what an authenticator app shows, where that is asked for.
    pub(crate) async fn sign_in(
        self,
        username: String,
        password: String,
        code: Option<String>,
    ) -> Result<(), ApiError> {
        let device_name = Some(browser::device_name());
        let body = Credentials { username, password, code, device_name, refresh_in_cookie: true };
        self.session.settle_farewell().await;
        self.session.begin(&public::login(&body).await?);
        Ok(())
    }

    /// A new password by one of the recovery codes.
    pub(crate) async fn recover(self, body: Recover) -> Result<(), ApiError> {
        self.session.settle_farewell().await;
        self.session.begin(&public::recover(&body).await?);
        Ok(())
    }
}

impl Account {
    fn new(session: Session, signed_in: &SignedIn) -> Self {
        let user = signed_in.user.user.clone();
        let device = Device::of(user.id);
        let on_end = move |renewal| match renewal {
            // This page shows the wrong person: begin anew.
            Renewal::OtherPerson(person) => {
                device::keep_signed_in(person);
                drop(window().location().reload());
            }
            _ => session.end(),
        };
        let api = Rc::new(AuthorizedApi::new(signed_in, on_end, move || session.ask_for_consent()));
        Self {
            session,
            live: Live::new(Rc::clone(&api), device, session),
            api: StoredValue::new_local(api),
            device,
            user: StoredValue::new(user),
        }
    }

    pub(crate) fn api(self) -> Rc<AuthorizedApi> {
        self.api.get_value()
    }

    /// Who is signed in, as they were when they signed in.
    pub(crate) fn user(self) -> User {
        self.user.get_value()
    }

    pub(crate) fn ask_for_consent(self) {
        self.session.ask_for_consent();
    }

    /// Agrees to a version of the policy, and goes on.
    pub(crate) async fn agree(self, version: String) -> Result<(), ApiError> {
        self.api().give_consent(version).await?;
        self.session.lacks_consent.set(false);
        self.live.start();
        Ok(())
    }

    /// Erases the account, and wipes what this device kept for it.
    ///
    /// # Errors
    /// When the server refuses or could not be told; then all goes on.
    pub(crate) async fn erase(self, body: &EraseMe) -> Result<(), ApiError> {
        // As at signing out, the end of the socket must not look like a surprise.
        self.live.stop();
        match self.api().erase(body).await {
            Ok(erased) => {
                self.session.receipt.set(Some(erased.receipt));
                self.leave();
                Ok(())
            }
            Err(error) => {
                if !self.session.lacks_consent.get_untracked() {
                    self.live.start();
                }
                Err(error)
            }
        }
    }

    /// Wipes at once what this device kept, and ends the session: as soon as the server can be reached, which may be later.
    pub(crate) fn sign_out(self) {
        // The socket goes first: the server's word that the session has ended must not look like a surprise.
        self.live.stop();
        device::keep_farewell(Some(self.device.person()));
        let token = self.api().token();
        self.leave();
        spawn_local(self.session.say_farewell(token));
    }

    /// Nothing of the person stays on this device.
    fn leave(self) {
        self.device.wipe();
        device::say_left();
        self.session.sign_out_here(Some(Ended::Left));
    }
}

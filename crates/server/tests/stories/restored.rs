//! The database is restored from an older backup: clients notice and begin with what there is, and nobody comes back who was
//! erased.

use crate::app::TestApp;
use crate::person::{PASSWORD, Person};
use std::time::Duration;
use tokio::time::timeout;
use umbrachat_client::core::{Connection, State};
use umbrachat_client::{Client, Live};
use umbrachat_protocol::{CloseCode, ConversationId, ErasedMessages, Seq};
use umbrachat_testing::{Proxy, databases};

/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(30);

databases! {
    async fn clients_begin_anew_with_what_the_backup_has(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let [ana, bo, cem] = app.friends(["ana", "bob", "cem"]).await;
        let chat = ana.opens_chat_with(&bo).await;
        bo.sends(chat, "in the backup").await;
        let network = Proxy::before(vec![app.address()]).await;
        // Who signs in after the backup has to sign in again.
        let (ana, bo, cem) = (ana.through(&network).await, bo.through(&network).await, cem.through(&network).await);
        let (app, backup) = app.restarts_with_a_backup().await;
        network.leads_to(vec![app.address()]);
        let live = ana.client.live();
        live.opens(chat).await;
        bo.sends(chat, "not in the backup").await;
        bo.sends(chat, "nor is this").await;
        cem.erases(ErasedMessages::Erase).await;
        live.shows(chat, &["in the backup", "not in the backup", "nor is this"]).await;
        let before = live.state(|state| state.epoch);

        network.is_down(true);
        network.cuts_everything();
        let unsent = live.send(chat, "written meanwhile");
        let app = app.restored_from(backup).await;
        network.leads_to(vec![app.address()]);
        network.is_down(false);

        let seq = timeout(PATIENCE, live.sent(unsent)).await.expect("it is sent").unwrap();
        assert_eq!(seq, Seq(2));
        live.opens(chat).await;
        live.shows(chat, &["in the backup", "written meanwhile"]).await;
        assert_ne!(live.state(|state| state.epoch), before);
        assert!(live.state(|state| state.friends.iter().all(|friend| friend.user.id != cem.id())), "he stays erased");
        assert_eq!(ana.reads_history(chat).await.len(), 2);
    }

    async fn a_running_server_knows_nothing_of_the_old_history_any_more(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let [ana, bo] = app.friends(["ana", "bob"]).await;
        let chat = ana.opens_chat_with(&bo).await;
        let mut before = bo.connects().await;

        app.hub().begins_anew();

        assert_eq!(app.hub().counts(), (0, 0, 0));
        assert_eq!(before.close_code().await, Some(CloseCode::Restarting.code()));
        let mut after = bo.connects().await;
        ana.sends(chat, "good morning").await;
        assert_eq!(after.next_message().await.body, "good morning");
        assert_eq!(app.hub().counts(), (1, 1, 1));
    }

    async fn a_server_that_starts_again_on_its_own_database_begins_nothing_anew(database: TestDatabase) {
        let app = TestApp::on(database).await;
        app.person("ana").await;
        let before = app.epoch();
        let (app, backup) = app.restarts_with_a_backup().await;
        assert_eq!(app.epoch(), before);
        // The operator may know what the server cannot.
        let app = app.restored_from(backup).await;
        let noticed = app.epoch();
        assert_ne!(noticed, before, "the file beside the database had seen more");
        app.says_that_it_was_restored().await;
        assert_ne!(app.epoch(), noticed);
    }
}

impl Person {
    /// The same person on a device behind a network that can fail.
    async fn through(&self, network: &Proxy) -> Self {
        let client = Client::sign_in(&network.url(), self.name(), PASSWORD).await.unwrap();
        Self::new(network.url(), client, Vec::new()).await
    }
}

trait Shows {
    async fn opens(&self, chat: ConversationId);
    async fn shows(&self, chat: ConversationId, bodies: &[&str]);
}

impl Shows for Live {
    async fn opens(&self, chat: ConversationId) {
        let known = |state: &State| state.conversation(chat).map(|_| ());
        timeout(PATIENCE, self.wait_until(known)).await.expect("the chat is known").unwrap();
        self.load(chat);
    }

    async fn shows(&self, chat: ConversationId, bodies: &[&str]) {
        let as_expected = |state: &State| {
            let messages = state.conversation(chat)?.messages();
            let shown = messages.map(|message| message.body.as_str()).eq(bodies.iter().copied());
            (shown && state.connection == Connection::Online).then_some(())
        };
        let shown = timeout(PATIENCE, self.wait_until(as_expected)).await;
        shown.unwrap_or_else(|_| panic!("{bodies:?} are not shown")).unwrap();
    }
}

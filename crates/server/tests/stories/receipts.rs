//! Marks: how far each has received and read.

use crate::app::TestApp;
use crate::person::Person;
use umbrachat_protocol::{ConversationId, PeerReceipt, Seq, ServerEvent, SettingsPatch};
use umbrachat_testing::databases;

databases! {
    async fn the_author_sees_their_message_arrive_and_be_read(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        let message = ana.sends(chat, "hello").await;
        let (mut anas, mut bos) = (ana.connects().await, bo.connects().await);

        bos.marks_delivered(chat, message.seq.0).await;
        assert_eq!(anas.next_event().await, receipt(chat, &bo, 1, 0));
        bos.marks_read(chat, message.seq.0).await;
        assert_eq!(anas.next_event().await, receipt(chat, &bo, 1, 1));

        assert_eq!(seen_of_the_other(&ana, chat).await, Some((1, 1)));
    }

    async fn the_other_devices_of_whoever_reads_hear_of_it(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        ana.sends(chat, "hello").await;
        let mut tablet = bo.on_another_device().await.connects().await;

        bo.marks(chat, None, Some(1)).await;

        assert_eq!(tablet.next_event().await, receipt(chat, &bo, 1, 1));
        assert_eq!(bo.sees(chat).await.unread, 0);
    }

    async fn marks_only_move_forward(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        for number in 1..=5 {
            ana.sends(chat, &format!("star {number}")).await;
        }
        let mut anas = ana.connects().await;

        bo.marks(chat, Some(4), Some(2)).await;
        bo.marks(chat, Some(1), Some(1)).await;
        bo.marks(chat, None, Some(2)).await;

        assert_eq!(anas.next_event().await, receipt(chat, &bo, 4, 2));
        anas.expects_nothing().await;
        assert_eq!(seen_of_the_other(&ana, chat).await, Some((4, 2)));
    }

    async fn unread_is_exact(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        let unread = async || bo.sees(chat).await.unread;
        for number in 1..=5 {
            ana.sends(chat, &format!("star {number}")).await;
        }
        assert_eq!(unread().await, 5);

        bo.marks(chat, Some(5), None).await;
        assert_eq!(unread().await, 5, "received is not read");
        bo.marks(chat, None, Some(3)).await;
        assert_eq!(unread().await, 2);
        bo.sends(chat, "I see them").await;
        assert_eq!(unread().await, 0, "who answers has read");
        ana.sends(chat, "and more").await;
        assert_eq!(unread().await, 1);
        assert_eq!(ana.sees(chat).await.unread, 0, "one's own messages are not unread");
    }

    async fn looking_marks_nothing_as_read(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        ana.sends(chat, "hello").await;
        let mut anas = ana.connects().await;

        let bos = bo.connects().await;
        bo.opens_chat_with(&ana).await;
        bo.reads_history(chat).await;
        bo.snapshot().await;

        assert_eq!(bos.ready.snapshot.conversations[0].unread, 1);
        assert_eq!(bo.sees(chat).await.unread, 1);
        assert_eq!(seen_of_the_other(&ana, chat).await, Some((0, 0)));
        anas.expects_nothing().await;
    }

    async fn who_hides_their_receipts_sees_none(database: TestDatabase) {
        let app = TestApp::on(database).await;
        let (ana, bo, chat) = app.chat().await;
        bo.sets(SettingsPatch { receipts: Some(false), ..SettingsPatch::default() }).await;
        let message = ana.sends(chat, "hello").await;
        bo.sends(chat, "hello yourself").await;
        let (mut anas, mut bos) = (ana.connects().await, bo.connects().await);

        bo.marks(chat, None, Some(message.seq.0)).await;
        ana.marks(chat, None, Some(2)).await;

        assert_eq!(anas.events_so_far().await, [receipt(chat, &ana, 2, 2)]);
        bos.expects_nothing().await;
        assert_eq!(seen_of_the_other(&ana, chat).await, None);
        assert_eq!(seen_of_the_other(&bo, chat).await, None);
        for (reader, other) in [(&ana, &bo), (&bo, &ana)] {
            let members = reader.client.members(chat).await.unwrap();
            let other = members.iter().find(|member| member.user.id == other.id()).unwrap();
            assert_eq!((other.delivered_seq, other.read_seq), (Seq(0), Seq(0)));
        }
    }
}

fn receipt(chat: ConversationId, reader: &Person, delivered: i64, read: i64) -> ServerEvent {
    ServerEvent::Receipt {
        conversation_id: chat,
        user_id: reader.id(),
        delivered_seq: Seq(delivered),
        read_seq: Seq(read),
    }
}

/// How far the other person of a chat has received and read, as this one sees it.
async fn seen_of_the_other(person: &Person, chat: ConversationId) -> Option<(i64, i64)> {
    let PeerReceipt { delivered_seq, read_seq } = person.sees(chat).await.peer_receipt?;
    Some((delivered_seq.0, read_seq.0))
}

//! The bare relay: what actix-web and actix-ws do with the same frames, when nobody signs in and nothing is kept. Whatever
//! a socket says goes to the others in its room.

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, Session};
use anyhow::Result;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The same as the server's.
const CONNECTIONS_PER_WORKER: usize = 25_000;
const BACKLOG: u32 = 4_096;
const FRAME_MAX: usize = 64 * 1024;

#[derive(Default)]
struct Rooms(Mutex<HashMap<String, Room>>);

#[derive(Default)]
struct Room {
    joined: u64,
    sessions: Vec<(u64, Session)>,
    /// Copied when somebody comes or goes, so that a frame does not hold the lock while it is sent.
    shared: Arc<[(u64, Session)]>,
}

pub async fn serve(port: u16) -> Result<()> {
    let rooms = web::Data::new(Rooms::default());
    let server = HttpServer::new(move || {
        App::new().app_data(rooms.clone()).service(web::resource("/relay/{room}").get(open))
    });
    server
        .tcp_nodelay(true)
        .max_connections(CONNECTIONS_PER_WORKER)
        .backlog(BACKLOG)
        .bind(("127.0.0.1", port))?
        .run()
        .await?;
    Ok(())
}

async fn open(
    request: HttpRequest,
    body: web::Payload,
    room: web::Path<String>,
    rooms: web::Data<Rooms>,
) -> Result<HttpResponse, actix_web::Error> {
    let (answer, session, stream) = actix_ws::handle(&request, body)?;
    let stream = stream.max_frame_size(FRAME_MAX).aggregate_continuations();
    // Before the answer: whoever has it is in the room.
    let (room, rooms) = (room.into_inner(), rooms.into_inner());
    let id = rooms.join(&room, session.clone());
    actix_web::rt::spawn(async move {
        relay(&rooms, &room, id, stream).await;
        rooms.leave(&room, id);
        let _ = session.close(None).await;
    });
    Ok(answer)
}

async fn relay(rooms: &Rooms, room: &str, id: u64, mut stream: AggregatedMessageStream) {
    while let Some(Ok(frame)) = stream.recv().await {
        match frame {
            AggregatedMessage::Text(text) => {
                for (other, session) in rooms.members(room).iter() {
                    if *other != id {
                        // Whoever has gone leaves by itself.
                        let _ = session.clone().text(text.clone()).await;
                    }
                }
            }
            AggregatedMessage::Close(_) => break,
            _ => {}
        }
    }
}

impl Rooms {
    fn join(&self, name: &str, session: Session) -> u64 {
        self.change(name, |room| {
            room.joined += 1;
            room.sessions.push((room.joined, session));
            room.joined
        })
    }

    fn leave(&self, name: &str, id: u64) {
        self.change(name, |room| room.sessions.retain(|(other, _)| *other != id));
    }

    fn members(&self, name: &str) -> Arc<[(u64, Session)]> {
        let rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.get(name).map(|room| room.shared.clone()).unwrap_or_default()
    }

    fn change<T>(&self, name: &str, change: impl FnOnce(&mut Room) -> T) -> T {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = rooms.entry(name.to_owned()).or_default();
        let value = change(room);
        room.shared = room.sessions.clone().into();
        value
    }
}

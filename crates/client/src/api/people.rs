//! People, friends and friend requests.

use crate::{Client, Result};
use umbrachat_protocol::{AskedFriend, Block, Friend, FriendRequests, NewFriendRequest, User, UserId, paths};

impl Client {
    /// The person of exactly this name. There is no directory.
    pub async fn user(&self, username: &str) -> Result<User> {
        self.get(&paths::user(&Self::username(username)?)).await
    }

    pub async fn friends(&self) -> Result<Vec<Friend>> {
        self.get(paths::FRIENDS).await
    }

    pub async fn unfriend(&self, friend: UserId) -> Result<()> {
        self.delete(&paths::friend(friend)).await
    }

    pub async fn friend_requests(&self) -> Result<FriendRequests> {
        self.get(paths::FRIEND_REQUESTS).await
    }

    /// Asks somebody to become friends; where they had asked already, this makes it so.
    pub async fn ask_friend(&self, username: &str) -> Result<AskedFriend> {
        let body = NewFriendRequest { username: username.to_owned() };
        self.post(paths::FRIEND_REQUESTS, &body).await
    }

    pub async fn accept_friend(&self, who: UserId) -> Result<Friend> {
        self.call(reqwest::Method::POST, &paths::accept_friend_request(who), None::<&()>).await
    }

    /// Declines a request, or takes one's own back.
    pub async fn drop_friend_request(&self, who: UserId) -> Result<()> {
        self.delete(&paths::friend_request(who)).await
    }

    pub async fn blocks(&self) -> Result<Vec<Block>> {
        self.get(paths::BLOCKS).await
    }

    /// Ends friendship and requests; the other is told nothing.
    pub async fn block(&self, who: UserId) -> Result<Block> {
        self.put(&paths::block(who)).await
    }

    pub async fn unblock(&self, who: UserId) -> Result<()> {
        self.delete(&paths::block(who)).await
    }
}

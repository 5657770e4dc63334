//! What pages are made of: props in, callbacks out, no calls of the API.

pub(crate) mod advice;
pub(crate) mod avatar;
pub(crate) mod bubble;
pub(crate) mod codes;
pub(crate) mod completion;
pub(crate) mod composer;
pub(crate) mod dialog;
pub(crate) mod form;
pub(crate) mod frame;
pub(crate) mod icon;
pub(crate) mod list;
pub(crate) mod markdown;
pub(crate) mod menu;
pub(crate) mod message_text;
pub(crate) mod person;
pub(crate) mod picker;
pub(crate) mod rich_text;
pub(crate) mod skeleton;
pub(crate) mod tick;

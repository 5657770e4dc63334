//! What will happen in one run: who there is, what they do and when, and what goes wrong. A seed makes a plan, and a
//! plan can be made shorter.

use crate::random::Random;

/// Everything that a run depends on.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) seed: u64,
    pub(crate) people: usize,
    pub(crate) devices: Vec<DevicePlan>,
    pub(crate) conditions: Conditions,
    pub(crate) steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct DevicePlan {
    pub(crate) person: usize,
    /// It follows all conversations without a gap, as bots do.
    pub(crate) everything: bool,
    /// Messages that it sends before the first is acknowledged.
    pub(crate) in_flight: usize,
}

/// What the network does until it heals.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Conditions {
    /// Milliseconds that anything takes at most; now and then ten times as long.
    pub(crate) delay: u64,
    /// What is sent arrives at the server at multiples of this many milliseconds, so that much arrives at once.
    pub(crate) grain: u64,
    /// Of a thousand requests, and of a thousand answers.
    pub(crate) lost: u64,
    /// Of a thousand requests, those that arrive twice.
    pub(crate) doubled: u64,
    /// Of a thousand frames, those that break their connection.
    pub(crate) breaks: u64,
    /// Of a thousand commits, those that are published late, and those of which the database's answer is lost.
    pub(crate) published_late: u64,
    pub(crate) untold: u64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// Milliseconds from the beginning.
    pub(crate) at: u64,
    pub(crate) device: usize,
    pub(crate) what: What,
}

/// The numbers choose among what is there when the step's time has come.
#[derive(Clone, Copy, Debug)]
pub(crate) enum What {
    Send { chat: usize, reply: bool, mention: bool },
    Edit { chat: usize, message: usize },
    Delete { chat: usize, message: usize },
    React { chat: usize, message: usize, emoji: usize, present: bool },
    Read { chat: usize },
    Open { chat: usize },
    Scroll { chat: usize },
    LookAtMembers { chat: usize },
    Type { chat: usize, typing: bool },
    MakeGroup { who: usize, full: bool },
    Add { chat: usize, who: usize },
    Remove { chat: usize, who: usize },
    Leave { chat: usize },
    SetRole { chat: usize, who: usize, admin: bool },
    HandOver { chat: usize, who: usize },
    Rename { chat: usize },
    SetHistory { chat: usize, full: bool },
    DeleteGroup { chat: usize },
    Ask { who: usize },
    Unfriend { who: usize },
    Block { who: usize },
    Unblock { who: usize },
    OpenDirect { who: usize },
    Arrange { chat: usize, what: usize, yes: bool },
    ShowReceipts { show: bool },
    ShowPresence { show: bool },
    ShowTyping { show: bool },
    // What goes wrong.
    Cut { silently: bool },
    GoesOffline { milliseconds: u64 },
    Reloads,
    Restart { milliseconds: u64 },
    CrashAtNextCommit { milliseconds: u64 },
}

impl What {
    pub(crate) fn is_fault(self) -> bool {
        matches!(
            self,
            Self::Cut { .. }
                | Self::GoesOffline { .. }
                | Self::Reloads
                | Self::Restart { .. }
                | Self::CrashAtNextCommit { .. }
        )
    }
}

impl Plan {
    pub(crate) fn of(seed: u64) -> Self {
        let mut random = Random::new(seed, 1);
        let people = 2 + random.index(3);
        let mut devices: Vec<DevicePlan> = (0..people).map(|person| device(person, &mut random)).collect();
        if random.chance(700) {
            devices.push(device(random.index(people), &mut random));
        }
        let calm = random.chance(100);
        let conditions = Conditions {
            delay: [5, 50, 300, 900][random.index(4)],
            grain: [1, 10, 100][random.index(3)],
            lost: if calm { 0 } else { random.below(120) },
            doubled: if calm { 0 } else { random.below(60) },
            breaks: if calm { 0 } else { random.below(25) },
            published_late: if calm { 0 } else { random.below(150) },
            untold: if calm { 0 } else { random.below(20) },
        };
        // In a third of all runs everything is about who belongs to a group and what they may see.
        let comings_and_goings = random.chance(333);
        let count = 12 + random.index(18);
        let pace = [40, 300, 900][random.index(3)];
        let mut at = 500;
        let mut steps = Vec::with_capacity(count);
        for _ in 0..count {
            // Often several at once: races are what this is for.
            if random.chance(700) {
                at += random.below(pace);
            }
            let device = random.index(devices.len());
            let what = if !calm && random.chance(130) {
                fault(&mut random)
            } else if comings_and_goings && random.chance(700) {
                coming_or_going(&mut random)
            } else {
                deed(&mut random)
            };
            steps.push(Step { at, device, what });
        }
        Self { seed, people, devices, conditions, steps }
    }

    pub(crate) fn end(&self) -> u64 {
        self.steps.last().map_or(0, |step| step.at) + 1_000
    }
}

fn device(person: usize, random: &mut Random) -> DevicePlan {
    DevicePlan { person, everything: random.chance(300), in_flight: 1 + random.index(3) }
}

fn fault(random: &mut Random) -> What {
    let milliseconds = 100 + random.below(3_000);
    match random.below(10) {
        0..4 => What::Cut { silently: random.chance(100) },
        4..6 => What::GoesOffline { milliseconds },
        6 => What::Reloads,
        7 => What::Restart { milliseconds },
        _ => What::CrashAtNextCommit { milliseconds },
    }
}

fn coming_or_going(random: &mut Random) -> What {
    let (chat, who, message) = (random.index(3), random.index(8), random.index(5));
    match random.below(12) {
        0..2 => What::Send { chat, reply: false, mention: false },
        2..5 => What::Edit { chat, message },
        5 => What::React { chat, message, emoji: 0, present: true },
        6..9 => What::Add { chat, who },
        9..11 => What::Remove { chat, who },
        _ => What::Open { chat },
    }
}

fn deed(random: &mut Random) -> What {
    let (chat, who, message) = (random.index(8), random.index(8), random.index(30));
    let yes = random.chance(500);
    match random.below(100) {
        0..26 => What::Send { chat, reply: random.chance(150), mention: random.chance(150) },
        26..32 => What::Edit { chat, message },
        32..36 => What::Delete { chat, message },
        36..42 => What::React { chat, message, emoji: random.index(2), present: random.chance(700) },
        42..49 => What::Read { chat },
        49..57 => What::Open { chat },
        57..59 => What::Scroll { chat },
        59..63 => What::LookAtMembers { chat },
        63..65 => What::Type { chat, typing: random.chance(700) },
        65..68 => What::MakeGroup { who, full: yes },
        68..73 => What::Add { chat, who },
        73..77 => What::Remove { chat, who },
        77..79 => What::Leave { chat },
        79..82 => What::SetRole { chat, who, admin: yes },
        82 => What::HandOver { chat, who },
        83..86 => What::Rename { chat },
        86 => What::SetHistory { chat, full: yes },
        87 => What::DeleteGroup { chat },
        88..91 => What::Ask { who },
        91 => What::Unfriend { who },
        92 => What::Block { who },
        93 => What::Unblock { who },
        94 => What::OpenDirect { who },
        95..97 => What::ShowReceipts { show: yes },
        97 => What::ShowPresence { show: yes },
        98 => What::ShowTyping { show: yes },
        99.. => What::Arrange { chat, what: random.index(3), yes },
    }
}

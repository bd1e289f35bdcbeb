/// Every time-out of a run, derived from one: how long a worker may hang before it counts as lost.
///
/// One knob, so that they keep their order whatever it is set to: signs of life come several times within a silence,
/// a message is repeated before anyone gives up waiting for it, and who waits for a lost member hears of its loss
/// before a wait of its own ends.
public struct Deadlines: Sendable, Hashable {
    /// The knob: `transport.worker_timeout`.
    public let worker: Duration

    public init(worker: Duration) { self.worker = worker }

    /// Until the configuration is known.
    public static let standard = Deadlines(worker: .seconds(2))

    /// A worker not heard from for so long is lost. A little less than the knob: the rest is for noticing it.
    public var silence: Duration { worker * 9 / 10 }
    /// How often a worker shows that it lives and how far it is, and the coordinator that it lives.
    public var heartbeat: Duration { worker / 8 }
    /// How often the machines look at the time.
    public var pulse: Duration { worker / 40 }
    /// A message whose effect is not seen after so long is sent again.
    public var resend: Duration { worker / 4 }
    /// All members wait for each other, and nothing has moved for so long: the step is begun anew.
    public var stall: Duration { worker }
    /// A member that cannot be connected to for so long is unreachable.
    public var connect: Duration { worker }
    /// The first pause before a lost connection is tried again; it doubles up to `reconnectAtMost`.
    public var reconnect: Duration { worker / 40 }
    public var reconnectAtMost: Duration { worker / 4 }
    /// A donor of the state that sends nothing for so long is passed over.
    public var donor: Duration { worker }
    /// A state that was asked for and has not come is asked for again; each time the wait is twice as long.
    public var upload: Duration { worker * 10 }
    /// A member that all others wait for, and whose loading or updating does not get on for so long, or its computing for
    /// so long and many times its usual pace, is lost though it shows that it lives.
    public var hold: Duration { worker * 10 }
    /// Likewise its computing where no pace is known yet.
    public var firstStep: Duration { worker * 150 }
    /// The pause before one that was lost for what it may do again may come back; it doubles each time.
    public var rest: Duration { worker / 4 }
    /// A worker that nobody greets at its first address gives up.
    public var greeting: Duration { worker * 5 }
    /// A restarted coordinator waits so long for workers that it expects, then goes on with those that came.
    public var gathering: Duration { worker * 5 }
    /// Someone who asks to leave, and is not let go at the end of a step, leaves after so long.
    public var leaving: Duration { worker * 10 }
    /// A worker whose coordinator is gone keeps state and sums for so long.
    public var orphan: Duration { worker * 150 }

    /// All of them, for people: name, length, what it is for.
    public var explained: [(name: String, length: Duration, purpose: String)] {
        [
            ("worker_timeout", worker, "the knob: transport.worker_timeout"),
            ("silence", silence, "a worker not heard from for so long is lost"),
            ("heartbeat", heartbeat, "workers and coordinator show that they live"),
            ("pulse", pulse, "coordinator and workers look at the time"),
            ("resend", resend, "a message without effect is sent again"),
            ("stall", stall, "a reduction in which nothing moves is begun anew"),
            ("connect", connect, "a member that cannot be connected to is unreachable"),
            ("reconnect", reconnect, "first pause before a lost connection is tried again"),
            ("reconnect at most", reconnectAtMost, "the pause doubles up to this"),
            ("donor", donor, "a joiner passes over a silent donor of the state"),
            ("upload", upload, "a state to be saved that has not come is asked for again"),
            ("hold", hold, "a member that lives, and that all wait for in vain, is lost"),
            ("first step", firstStep, "the same before anyone's pace is known"),
            ("rest", rest, "first pause before such a one may come back; it doubles"),
            ("greeting", greeting, "a new worker gives up where nobody answers"),
            ("gathering", gathering, "a restarted run waits for the workers that it expects"),
            ("leaving", leaving, "who asks to leave goes after this at the latest"),
            ("orphan", orphan, "a worker waits for its coordinator to come back"),
        ]
    }
}

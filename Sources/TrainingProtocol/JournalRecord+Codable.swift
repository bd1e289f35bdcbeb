// A record is one flat object whose "record" says what it is: {"record": "committed", "step": 7, …}.

extension JournalRecord: Codable {
    private enum Key: String, CodingKey {
        case record, term, run, state, dataset, profile, generation, members, step, worker, reason
        case takesOver = "takes_over"
    }

    private enum Kind: String, Codable {
        case opened, pinned, began, committed, saved, lost, stopped, completed
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        let state = { try fields.decode(Step.self, forKey: .state) }
        let reason = { try fields.decode(String.self, forKey: .reason) }
        switch try fields.decode(Kind.self, forKey: .record) {
        case .opened:
            self = .opened(
                term: try fields.decode(Term.self, forKey: .term),
                run: try fields.decode(RunID.self, forKey: .run), state: try state(),
                dataset: try fields.decode(Digest.self, forKey: .dataset))
        case .pinned:
            self = .pinned(profile: try fields.decode([ProfileEntry].self, forKey: .profile))
        case .began:
            self = .began(
                generation: try fields.decode(Generation.self, forKey: .generation),
                state: try state(),
                members: try fields.decode([MemberEntry].self, forKey: .members),
                takesOver: try fields.decodeIfPresent(Bool.self, forKey: .takesOver),
                reason: try reason())
        case .committed:
            self = .committed(try CommitEntry(from: decoder))
        case .saved:
            self = .saved(step: try fields.decode(Step.self, forKey: .step))
        case .lost:
            self = .lost(
                worker: try fields.decode(WorkerID.self, forKey: .worker), reason: try reason())
        case .stopped:
            self = .stopped(state: try state(), reason: try reason())
        case .completed:
            self = .completed(state: try state())
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        switch self {
        case .opened(let term, let run, let state, let dataset):
            try fields.encode(Kind.opened, forKey: .record)
            try fields.encode(term, forKey: .term)
            try fields.encode(run, forKey: .run)
            try fields.encode(state, forKey: .state)
            try fields.encode(dataset, forKey: .dataset)
        case .pinned(let profile):
            try fields.encode(Kind.pinned, forKey: .record)
            try fields.encode(profile, forKey: .profile)
        case .began(let generation, let state, let members, let takesOver, let reason):
            try fields.encode(Kind.began, forKey: .record)
            try fields.encode(generation, forKey: .generation)
            try fields.encode(state, forKey: .state)
            try fields.encode(members, forKey: .members)
            try fields.encodeIfPresent(takesOver, forKey: .takesOver)
            try fields.encode(reason, forKey: .reason)
        case .committed(let entry):
            try fields.encode(Kind.committed, forKey: .record)
            try entry.encode(to: encoder)
        case .saved(let step):
            try fields.encode(Kind.saved, forKey: .record)
            try fields.encode(step, forKey: .step)
        case .lost(let worker, let reason):
            try fields.encode(Kind.lost, forKey: .record)
            try fields.encode(worker, forKey: .worker)
            try fields.encode(reason, forKey: .reason)
        case .stopped(let state, let reason):
            try fields.encode(Kind.stopped, forKey: .record)
            try fields.encode(state, forKey: .state)
            try fields.encode(reason, forKey: .reason)
        case .completed(let state):
            try fields.encode(Kind.completed, forKey: .record)
            try fields.encode(state, forKey: .state)
        }
    }
}

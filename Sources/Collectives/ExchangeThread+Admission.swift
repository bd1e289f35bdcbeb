import TrainingProtocol
import ZeroMQ

// Whose chunks count, where members have keys.

extension ExchangeThread {
    /// A chunk that has come.
    struct Arrival {
        let envelope: ChunkEnvelope
        let bulk: Message
        /// Whoever sent it, by public key; nil where members have no keys.
        let user: String?
    }

    /// What the frames are, if they are a chunk, and of a member where members have keys. One that was a member before
    /// may have its connection still; and where chunks come in the clear, anyone can connect.
    func arrival(_ frames: [Message]) -> Arrival? {
        guard frames.count == (seals == nil ? 2 : 3), let envelope = ChunkEnvelope(frames[0].bytes)
        else { return nil }
        guard let keys else { return Arrival(envelope: envelope, bulk: frames[1], user: nil) }
        let user =
            seals == nil
            ? frames[1].user : seals?.sender(of: frames, envelope, isMember: keys.admits)
        let arrival = Arrival(envelope: envelope, bulk: frames[1], user: user)
        let isOfNow =
            envelope.moment.generation == membership?.generation
            && envelope.moment.term == membership?.term
        return keys.admits(user) && (!isOfNow || speaksForItself(arrival)) ? arrival : nil
    }

    /// Whether a chunk of this generation comes from the member that its envelope names.
    func speaksForItself(_ arrival: Arrival) -> Bool {
        guard keys != nil else { return true }
        let sender = arrival.envelope.sender
        return names.indices.contains(sender) && names[sender] != nil
            && names[sender] == arrival.user
    }

    /// The frames of a chunk as a lane sends them.
    func sealed(
        _ frames: [Message], _ reduction: Reduction, for lane: ExchangeLane
    ) throws(ExchangeError) -> [Message] {
        guard seals != nil, let receiver = lane.key else { return frames }
        do {
            let seal = try seals?.seal(
                frames, of: reduction.membership.run, at: reduction.moment, for: receiver)
            return frames + (seal.map { [$0] } ?? [])
        } catch {
            throw .violation(
                peer: Rank(lane.rank), step: reduction.moment.step,
                reason: "its public key is none: \(error)")
        }
    }
}

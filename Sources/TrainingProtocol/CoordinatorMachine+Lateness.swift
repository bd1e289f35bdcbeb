// A worker that is late: its slots are run again elsewhere where that ends the step sooner.
//
// The first result counts. Slots that two may finish are contested: both say the digest of their result, and two that
// differ are the only sign that a machine computes wrongly which anyone could see.

/// What is known of the slots of the step under way that more than one worker may finish.
struct Contest: Sendable, Equatable {
    var slots = SlotSet()
    /// In the order of their coming.
    var witnesses: [Witness] = []

    struct Witness: Sendable, Equatable {
        let worker: WorkerID
        let host: String
        let slot: Int
        let digest: Digest
    }
}

extension CoordinatorMachine {
    /// So many times its usual time over a slot makes a worker late.
    private static var patience: Double { 3 }

    /// Deals the unfinished slots of a late member to those who wait for it.
    mutating func relieve(_ step: Step) -> [CoordinatorDirective] {
        let all = members
        let idle = all.filter {
            peers[$0].progress?.activity == .reducing && peers[$0].holds == committed
        }
        guard let slowest = idle.compactMap({ peers[$0].pace }).max() else { return [] }
        for (index, pace) in zip(all, expectedPaces(of: all)) {
            let peer = peers[index]
            let usual = peer.pace == nil ? slowest : pace
            guard let progress = peer.progress, progress.activity == .computing else { continue }
            let unfinished = peer.slots.subtracting(progress.finished)
            let age = (now - peer.advanced).inSeconds
            guard !unfinished.isEmpty, age > Self.patience * usual,
                age > options.deadlines.resend.inSeconds,
                unfinished.slots.contains(where: { !contest.slots.contains($0) })
            else { continue }
            // What took so long so far may well take as long again.
            let alone = max(age, Double(unfinished.count) * usual)
            let rounds = (unfinished.count + idle.count - 1) / idle.count
            guard Double(rounds) * slowest < alone else { continue }
            return move(unfinished, from: index, to: idle)
        }
        return []
    }

    private mutating func move(
        _ slots: SlotSet, from index: Int, to idle: [Int]
    ) -> [CoordinatorDirective] {
        let peer = peers[index]
        let reason =
            "worker \(peer.worker) (\(peer.hello.host)) is late with slots \(slots), which others "
            + "take over"
        let note = CoordinatorDirective.note(.aborted(blame(for: nil, reason: reason)))
        contest.slots = contest.slots.union(slots)
        peers[index].slots = peer.slots.subtracting(slots)
        let shares = idle.map { _ in SlotAssignment.Share() }
        let moved = slots.slots
        for (taker, places) in zip(idle, SlotAssignment.deal(slots: moved.count, to: shares)) {
            let taken = SlotSet(places.slots.map { moved[$0] })
            peers[taker].slots = peers[taker].slots.union(taken)
        }
        return [note] + announce(reason: reason, takesOver: true)
    }

    mutating func witnessed(
        _ index: Int, _ message: Stamped<WorkerMessage>, _ slot: Slot, _ digest: Digest
    ) -> [CoordinatorDirective] {
        guard phase == .stepping(message.step), contest.slots.contains(slot.rawValue) else {
            return []
        }
        let peer = peers[index]
        let witness = Contest.Witness(
            worker: peer.worker, host: peer.hello.host, slot: slot.rawValue, digest: digest)
        let others = contest.witnesses.filter { $0.slot == slot.rawValue }
        if let other = others.first(where: { $0.digest != digest }) {
            return corrupted(message.step, slot, witness, other)
        }
        guard !others.contains(where: { $0.worker == peer.worker }) else { return [] }
        contest.witnesses.append(witness)
        // The late one was quicker after all.
        guard others.isEmpty, peer.isMember, !peer.slots.contains(slot.rawValue),
            let taker = members.first(where: { peers[$0].slots.contains(slot.rawValue) }),
            peers[taker].report == nil,
            peers[taker].progress?.finished.contains(slot.rawValue) != true
        else { return [] }
        let one = SlotSet(slot.rawValue..<slot.rawValue + 1)
        peers[taker].slots = peers[taker].slots.subtracting(one)
        peers[index].slots = peers[index].slots.union(one)
        return announce(
            reason: "worker \(peer.worker) has finished slot \(slot) first", takesOver: true)
    }

    private mutating func corrupted(
        _ step: Step, _ slot: Slot, _ one: Contest.Witness, _ other: Contest.Witness
    ) -> [CoordinatorDirective] {
        let cause =
            "slot \(slot) of step \(step) came out as \(one.digest) at worker \(one.worker) "
            + "(\(one.host)) and as \(other.digest) at worker \(other.worker) (\(other.host)): one of "
            + "these machines computes wrongly; test their memory, and go on without the bad one"
        fault = cause
        return endEarly(reason: cause)
    }
}

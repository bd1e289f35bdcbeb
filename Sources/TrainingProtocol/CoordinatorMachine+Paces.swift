// How fast members are, by what they reported; slots are dealt by it.
//
// One that is slow may get no slots at all, and is not measured any more. What held it up may pass (another program on
// its machine, a processor too hot), so that with every step it is taken to be a little faster, until it is given a slot to
// try. If it is as slow as before, it loses that at the end of the step, and is tried again only after twice as long.

extension CoordinatorMachine {
    /// After so many commits without slots a slow member is taken to be as fast as the others.
    private static var recovery: Int { 40 }
    /// Failed trials double that so many times at most.
    private static var mostDoublings: Int { 6 }
    /// Who takes less than so many times what the others take for a slot has stood its trial.
    private static var sound: Double { 2 }

    /// Seconds for a slot: of each as it was measured, of one that has had no slots for a while nearer to the usual.
    func expectedPaces(of indices: [Int]) -> [Double] {
        let usual = usualPace
        return indices.map { index in
            let peer = peers[index]
            guard let pace = peer.pace, pace > usual else { return peer.pace ?? usual }
            let recovery = Self.recovery << min(peer.failedTrials, Self.mostDoublings)
            let share = min(1, Double(peer.idle) / Double(recovery))
            return pace + (usual - pace) * share
        }
    }

    /// The mean of those that have slots; of all, where nobody with slots is known.
    private var usualPace: Double {
        let working = peers.filter { !$0.slots.isEmpty && $0.idle == 0 }.compactMap(\.pace)
        let known = working.isEmpty ? peers.compactMap(\.pace) : working
        return known.isEmpty ? 1 : known.reduce(0, +) / Double(known.count)
    }

    /// Takes up what a member says of its step.
    mutating func measure(_ index: Int, _ times: PhaseTimes) {
        let slots = peers[index].slots.count
        guard slots > 0 else { return }
        let pace = times.computing.inSeconds / Double(slots)
        guard pace > 0 else { return }
        lastPace = pace
        if peers[index].isOnTrial {
            let isSound = pace < Self.sound * usualPace
            peers[index].failedTrials = isSound ? 0 : peers[index].failedTrials + 1
            peers[index].pace = pace
            peers[index].isOnTrial = false
            peers[index].idle = 0
            hasTriedSomeone = true
        } else {
            peers[index].pace = peers[index].pace.map { 0.7 * $0 + 0.3 * pace } ?? pace
        }
    }

    /// A step is committed.
    mutating func countIdle(_ index: Int) {
        if !peers[index].slots.isEmpty {
            peers[index].idle = 0
        } else if peers[index].isOnTrial {
            // Others did what it was late with.
            peers[index].isOnTrial = false
            peers[index].failedTrials += 1
            peers[index].idle = 0
        } else {
            peers[index].idle += 1
        }
    }
}

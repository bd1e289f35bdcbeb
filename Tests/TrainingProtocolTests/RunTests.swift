import Testing
import TrainingProtocol

@Suite("A run of coordinator and workers")
struct RunTests {
    @Test(
        "ends with every sample of every epoch counted once, whatever the number of workers",
        arguments: [1, 2, 3, 4, 6])
    func completes(workers: Int) {
        for seed in 1...20 {
            var cluster = Cluster(options: smallRun(workers: workers), seed: UInt64(seed))
            for _ in 0..<workers { cluster.join() }
            cluster.settle()
            #expect(cluster.outcome == .completed(Step(6)))
            #expect(cluster.commits.map(\.step.rawValue) == [1, 2, 3, 4, 5, 6])
            for epoch in 0..<2 {
                let samples = cluster.commits.filter { $0.epoch == Epoch(UInt64(epoch)) }
                    .flatMap(\.samples)
                #expect(samples.map(\.rawValue).sorted() == Array(0..<22))
            }
            for node in cluster.nodes {
                #expect(node.updates.map(\.rawValue) == [1, 2, 3, 4, 5, 6])
                #expect(node.outcome == .completed)
            }
            #expect(cluster.evaluations.map(\.step) == [Step(3), Step(6)])
            #expect(cluster.evaluations.allSatisfy { $0.samples == 10 && $0.top1 == 0.5 })
            #expect(cluster.journal.last == .completed(state: Step(6)))
            #expect(cluster.journal.contains(.saved(step: Step(6))))
        }
    }

    @Test("does not begin before all the workers that it waits for are ready")
    func waits() {
        var cluster = Cluster(options: smallRun(workers: 2))
        cluster.join()
        cluster.settle()
        #expect(cluster.commits.isEmpty)
        cluster.join()
        cluster.settle()
        #expect(cluster.outcome == .completed(Step(6)))
    }

    @Test("no update happens before its commit is in the journal")
    func updatesFollowCommits() {
        for seed in 1...30 {
            var cluster = Cluster(options: smallRun(workers: 3), seed: UInt64(seed))
            for _ in 0..<3 { cluster.join() }
            while cluster.advance() {
                let committed = cluster.commits.count
                #expect(cluster.nodes.allSatisfy { $0.updates.count <= committed })
            }
        }
    }

    @Test(
        "a worker lost at any moment costs no step: the survivors go on, and nothing is rolled back"
    )
    func lossAtAnyMoment() {
        for moment in 0..<160 {
            var cluster = Cluster(options: smallRun(workers: 3), seed: UInt64(moment))
            for _ in 0..<3 { cluster.join() }
            cluster.settle(limit: moment)
            guard cluster.outcome == nil else { continue }
            let hasBegun = cluster.notes.contains { if case .began = $0 { true } else { false } }
            cluster.kill(moment % 3)
            cluster.settle()
            // Before the beginning the run waits for as many as it was told to.
            guard hasBegun else { continue }
            #expect(cluster.outcome == .completed(Step(6)), "after a loss at move \(moment)")
            #expect(cluster.commits.map(\.step.rawValue) == [1, 2, 3, 4, 5, 6])
            for node in cluster.nodes where !node.isDead {
                #expect(node.updates.map(\.rawValue) == [1, 2, 3, 4, 5, 6])
            }
        }
    }

    @Test("survivors keep their slots, and only those of the dead are computed again")
    func onlyLostSlots() {
        var cluster = Cluster(options: smallRun(workers: 2))
        cluster.join()
        cluster.join()
        cluster.settle { $0.commits.count == 1 }
        cluster.nodes[1].heldSlots = Step(2)
        cluster.settle()
        let before = cluster.nodes[0].computed.count
        cluster.kill(1)
        cluster.settle { $0.commits.count == 2 }
        #expect(cluster.nodes[0].computed[before...].prefix(2) == [2, 3])
        #expect(cluster.nodes[0].deals.last == SlotSet(0..<4))
        let aborts = cluster.notes.compactMap { note -> BlameReport? in
            if case .aborted(let report) = note { report } else { nil }
        }
        #expect(aborts.first?.culprit?.worker == WorkerID(2))
        #expect(aborts.first?.lostSlots == SlotSet(2..<4))
    }

    @Test(
        "when every worker dies the run waits, and goes on from the saved state to the same commits"
    )
    func lossOfAll() {
        var cluster = Cluster(options: smallRun(workers: 2))
        cluster.join()
        cluster.join()
        cluster.settle { $0.commits.count == 3 }
        cluster.kill(0)
        cluster.kill(1)
        #expect(cluster.outcome == nil)
        cluster.join()
        cluster.settle()
        #expect(cluster.outcome == .completed(Step(6)))
        #expect(cluster.commits.map(\.step.rawValue) == [1, 2, 3, 4, 5, 6], "each journaled once")
        #expect(cluster.nodes[2].loads.map(\.step) == [Step(2)])
        #expect(cluster.nodes[2].loads.first?.source == .coordinator)
        #expect(cluster.notes.contains(.rewound(from: Step(3), to: Step(2))))
    }

    @Test(
        "a worker that comes later gets the state from those who have it, and its share of the slots"
    )
    func joining() {
        var cluster = Cluster(options: smallRun(workers: 2))
        cluster.join()
        cluster.join()
        cluster.settle { $0.commits.count == 1 }
        cluster.join()
        cluster.settle()
        #expect(cluster.outcome == .completed(Step(6)))
        let joiner = cluster.nodes[2]
        #expect(joiner.loads.map(\.source) == [.members(["state 0", "state 1"])])
        #expect(joiner.deals.first?.isEmpty == true, "at first it only loads")
        #expect(joiner.deals.dropFirst().first?.isEmpty == false)
        #expect(joiner.updates.last == Step(6))
    }

    @Test("a worker that asks to leave, and one that is drained, go at the end of the step")
    func leaving() {
        for drains in [false, true] {
            var cluster = Cluster(options: smallRun(workers: 3))
            for _ in 0..<3 { cluster.join() }
            cluster.settle { $0.commits.count == 1 }
            if drains {
                let drain = Stamped(
                    run: RunID(0), term: Term(0), generation: Generation(0), step: Step(0),
                    body: WorkerMessage.drain(cluster.worker(at: 1)))
                cluster.deliver(.received(drain, from: ConnectionID(1)))
            } else {
                cluster.report(.leaveRequested(reason: "interrupted"), from: 1)
            }
            cluster.settle()
            #expect(cluster.outcome == .completed(Step(6)))
            #expect(cluster.nodes[1].outcome != nil && cluster.nodes[1].outcome != .completed)
            #expect(!cluster.journal.contains { if case .lost = $0 { true } else { false } })
        }
    }

    @Test("the last worker hands over the state before it leaves, and the next one begins there")
    func lastLeaves() {
        var cluster = Cluster(options: smallRun(workers: 1))
        cluster.join()
        cluster.settle { $0.commits.count == 3 }
        cluster.report(.leaveRequested(reason: "interrupted"), from: 0)
        cluster.settle()
        let committed = cluster.commits.count
        #expect(cluster.nodes[0].uploads.last == Step(UInt64(committed)))
        #expect(cluster.nodes[0].outcome == .left(reason: "interrupted"))
        #expect(cluster.outcome == nil)
        cluster.join()
        cluster.settle()
        #expect(cluster.nodes[1].loads.map(\.step) == [Step(UInt64(committed))])
        #expect(cluster.outcome == .completed(Step(6)))
    }

    @Test("a worker that falls silent is lost after the time-out, and may come back")
    func silence() {
        var cluster = Cluster(options: smallRun(workers: 2))
        cluster.join()
        cluster.join()
        cluster.settle { $0.commits.count == 1 }
        cluster.nodes[1].isDead = true
        cluster.settle()
        cluster.now = .milliseconds(1850)
        cluster.beat()
        cluster.deliver(.tick)
        #expect(
            cluster.notes.contains(.lost(WorkerID(2), reason: "not heard from for 1.8 s")))
        cluster.nodes[1].isDead = false
        cluster.settle()
        #expect(cluster.outcome == .completed(Step(6)))
        #expect(cluster.nodes[1].outcome == .completed)
    }

    @Test("a request to stop finishes the step, saves it, and leaves the rest for later")
    func stop() {
        for seed in 1...20 {
            var cluster = Cluster(options: smallRun(workers: 2), seed: UInt64(seed))
            cluster.join()
            cluster.join()
            cluster.settle { $0.commits.count == 1 }
            cluster.deliver(.stopRequested(reason: "interrupted"))
            cluster.settle()
            let committed = cluster.commits.last?.step ?? Step(0)
            #expect(cluster.outcome == .stopped(saved: committed, reason: "interrupted"))
            #expect(committed < Step(6))
        }
    }

    @Test("a run resumed from a checkpoint goes on with the next step and any number of workers")
    func resume() {
        var options = smallRun(workers: 3)
        options.start = Step(4)
        options.term = Term(2)
        var cluster = Cluster(options: options)
        for _ in 0..<3 { cluster.join() }
        cluster.settle()
        #expect(cluster.commits.map(\.step.rawValue) == [5, 6])
        #expect(cluster.outcome == .completed(Step(6)))
    }

    @Test(
        "steps that an earlier term committed are not journaled again, and must come out the same")
    func replay() {
        var options = smallRun(workers: 2)
        options.start = Step(2)
        options.replayed = [Step(3): Digest(high: 7, low: 3)]
        var same = Cluster(options: options)
        same.join()
        same.join()
        same.settle()
        #expect(same.commits.map(\.step.rawValue) == [4, 5, 6])

        options.replayed = [Step(3): Digest(high: 7, low: 99)]
        var other = Cluster(options: options)
        other.join()
        other.join()
        other.settle()
        guard case .failed(let reason) = other.outcome else {
            Issue.record("\(String(describing: other.outcome))")
            return
        }
        #expect(reason.contains("step 3") && reason.contains("journal"))
    }

    @Test("workers whose gradients differ in a bit end the run, each named with its digest")
    func disagreement() {
        var cluster = Cluster(options: smallRun(workers: 2))
        cluster.join()
        cluster.join()
        cluster.nodes[1].corruptFrom = Step(2)
        cluster.settle()
        guard case .failed(let reason) = cluster.outcome else {
            Issue.record("\(String(describing: cluster.outcome))")
            return
        }
        #expect(reason.contains("node0") && reason.contains("node1"))
        #expect(cluster.commits.count == 1)
        #expect(cluster.nodes.allSatisfy { $0.updates.count == 1 })
    }

    @Test("a stranger that comes first does not decide what the expected workers have to match")
    func stranger() {
        var options = smallRun(workers: 2)
        options.expectedProfile = [ProfileEntry(name: "kernels", value: "1")]
        var cluster = Cluster(options: options)
        cluster.join(profile: [ProfileEntry(name: "kernels", value: "none")], launched: false)
        cluster.settle()
        cluster.join()
        cluster.join()
        cluster.settle()
        #expect(cluster.outcome == .completed(Step(6)))
        guard case .refused = cluster.nodes[0].outcome else {
            Issue.record("\(String(describing: cluster.nodes[0].outcome))")
            return
        }
        let profile = [ProfileEntry(name: "kernels", value: "1")]
        #expect(cluster.journal.contains(.pinned(profile: profile)))
    }

    @Test(
        "a worker of another protocol version or profile is refused with the reason"
    )
    func refusals() {
        var cluster = Cluster(options: smallRun(workers: 1))
        cluster.join(version: 99)
        cluster.settle()
        #expect(cluster.nodes[0].outcome?.reason.contains("protocol version 99") == true)
        cluster.join(profile: [ProfileEntry(name: "kernels", value: "1")])
        cluster.join(profile: [ProfileEntry(name: "kernels", value: "2")])
        cluster.settle { $0.nodes[2].outcome != nil }
        #expect(cluster.nodes[2].outcome?.reason.contains("kernels \"1\"") == true)
        cluster.settle()
        #expect(cluster.outcome == .completed(Step(6)))
    }

    @Test("programs of our own that end before they take part, again and again, are a failure")
    func launches() {
        var cluster = Cluster(options: smallRun(workers: 3))
        cluster.join(launched: false)
        cluster.join()
        cluster.settle()
        cluster.kill(0)
        cluster.kill(1)
        #expect(cluster.outcome == nil, "who comes and goes before the beginning is waited for")
        for _ in 0..<3 { cluster.deliver(.launchFailed(reason: "exit status 1: no such kernel")) }
        #expect(cluster.outcome == .failed(reason: "exit status 1: no such kernel"))
    }

    @Test("survivors whose neighbour is gone wait for the coordinator, and go on when it is lost")
    func stalledSurvivors() {
        for seed in 1...20 {
            var cluster = Cluster(options: smallRun(workers: 3), seed: UInt64(seed))
            for _ in 0..<3 { cluster.join() }
            cluster.settle { $0.commits.count == 2 }
            cluster.nodes[1].stallsFrom = Step(3)
            cluster.nodes[2].stallsFrom = Step(3)
            cluster.nodes[0].isDead = true
            cluster.settle()
            #expect(cluster.outcome == nil && cluster.commits.count == 2)
            cluster.nodes[1].stallsFrom = nil
            cluster.nodes[2].stallsFrom = nil
            cluster.kill(0)
            cluster.settle()
            #expect(cluster.outcome == .completed(Step(6)))
        }
    }

    @Test("a step that stalls with everyone alive is begun anew; again and again, and someone goes")
    func stalledForGood() {
        var cluster = Cluster(options: smallRun(workers: 2))
        cluster.join()
        cluster.join()
        cluster.nodes[1].stallsFrom = Step(2)
        cluster.settle()
        #expect(cluster.outcome == nil)
        var losses = 0
        for tenth in 1...40 where losses == 0 {
            cluster.now = .milliseconds(tenth * 100)
            cluster.beat()
            cluster.deliver(.tick)
            cluster.settle()
            losses = cluster.notes.count { if case .lost = $0 { true } else { false } }
        }
        #expect(losses == 1)
        let anew = cluster.notes.count { if case .aborted = $0 { true } else { false } }
        #expect(anew >= 2)
    }

    @Test("a guest that is lost while it gets ready does not hold up those who are")
    func unreadyGuest() {
        var cluster = Cluster(options: smallRun(workers: 2))
        cluster.join(launched: false)
        cluster.settle { !$0.nodes[0].jobs.isEmpty }
        cluster.nodes[0].jobs = []
        cluster.join()
        cluster.join()
        cluster.settle()
        #expect(cluster.commits.isEmpty)
        cluster.kill(0)
        cluster.settle()
        #expect(cluster.outcome == .completed(Step(6)))
    }

    @Test("a guest that leaves before the start does not decide which machines can take part")
    func guestsProfile() {
        var cluster = Cluster(options: smallRun(workers: 2))
        cluster.join(profile: [ProfileEntry(name: "kernels", value: "2")], launched: false)
        cluster.settle()
        cluster.kill(0)
        cluster.join()
        cluster.join()
        cluster.settle()
        #expect(cluster.outcome == .completed(Step(6)))
        let kernels = ProfileEntry(name: "kernels", value: "1")
        #expect(cluster.journal.contains(.pinned(profile: [kernels])))
    }

    @Test("a part of the coordinator that dies ends the run instead of leaving everyone waiting")
    func broken() {
        var cluster = Cluster(options: smallRun(workers: 1))
        cluster.join()
        cluster.settle { $0.commits.count == 1 }
        cluster.deliver(.broken(reason: "the data thread ended"))
        cluster.settle()
        #expect(cluster.outcome == .failed(reason: "the data thread ended"))
        #expect(cluster.nodes[0].outcome == .stopped(Step(1), reason: "the data thread ended"))
    }

    @Test("bad data that two workers meet at one step ends the run as failed, with the state saved")
    func fault() {
        var cluster = Cluster(options: smallRun(workers: 3))
        for _ in 0..<3 { cluster.join() }
        cluster.settle { $0.commits.count == 3 }
        cluster.nodes[0].heldSlots = Step(4)
        cluster.settle()
        cluster.report(.failed(reason: "clip 7 of train is damaged"), from: 1)
        cluster.settle()
        #expect(cluster.outcome == nil, "one worker may be to blame itself")
        cluster.report(.failed(reason: "clip 7 of train is damaged"), from: 2)
        cluster.settle()
        guard case .failed(let reason) = cluster.outcome else {
            Issue.record("\(String(describing: cluster.outcome))")
            return
        }
        #expect(reason.contains("clip 7") && reason.contains("step 3 is saved"))
        #expect(cluster.journal.contains(.saved(step: Step(3))))
    }

    @Test("a journal that cannot be written ends the run without a commit")
    func journalFailure() {
        var cluster = Cluster(options: smallRun(workers: 1))
        cluster.join()
        cluster.settle { $0.commits.count == 1 }
        cluster.deliver(.journalFailed(reason: "disk full"))
        #expect(cluster.outcome == .failed(reason: "disk full"))
    }
}

extension WorkerOutcome {
    var reason: String {
        switch self {
        case .completed, .orphaned: ""
        case .left(let reason), .leftUnheard(_, let reason), .withdrew(let reason),
            .stopped(_, let reason), .refused(let reason), .failed(let reason):
            reason
        }
    }
}

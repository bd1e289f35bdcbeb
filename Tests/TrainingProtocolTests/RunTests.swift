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
        "a worker lost at any moment ends the run resumably, with the last commit saved by a survivor"
    )
    func lossAtAnyMoment() {
        for moment in 0..<160 {
            var cluster = Cluster(options: smallRun(workers: 3), seed: UInt64(moment))
            for _ in 0..<3 { cluster.join() }
            cluster.settle(limit: moment)
            guard cluster.outcome == nil else { continue }
            let begun = cluster.notes.contains { if case .began = $0 { true } else { false } }
            cluster.kill(moment % 3)
            cluster.settle()
            let committed = cluster.commits.last?.step ?? Step(0)
            switch cluster.outcome {
            case .stopped(let saved, let reason):
                #expect(saved == committed)
                #expect(reason.contains("killed by signal 9"))
                let survivors = cluster.nodes.filter { !$0.isDead }
                #expect(survivors.allSatisfy { $0.updates.last ?? Step(0) == committed })
            case .completed(let step):
                #expect(step == Step(6))
            case .failed:
                #expect(!begun, "only a worker of our own that dies before the start fails the run")
            case nil:
                Issue.record("the run hangs after a loss at move \(moment)")
            }
        }
    }

    @Test("when every worker dies the newest saved state is named")
    func lossOfAll() {
        var cluster = Cluster(options: smallRun(workers: 2))
        cluster.join()
        cluster.join()
        cluster.settle { $0.commits.count == 3 }
        let saved = cluster.notes.reduce(Step(0)) {
            if case .saved(let step) = $1 { step } else { $0 }
        }
        cluster.kill(0)
        cluster.kill(1)
        guard case .stopped(saved, _) = cluster.outcome else {
            Issue.record("\(String(describing: cluster.outcome))")
            return
        }
    }

    @Test("a worker that falls silent is lost after the time-out and told so")
    func silence() {
        var cluster = Cluster(options: smallRun(workers: 2))
        cluster.join()
        cluster.join()
        cluster.settle { $0.commits.count == 1 }
        cluster.nodes[1].isDead = true
        cluster.settle()
        cluster.now = .milliseconds(2100)
        cluster.deliver(.tick)
        cluster.settle()
        guard case .stopped(_, let reason) = cluster.outcome else {
            Issue.record("\(String(describing: cluster.outcome))")
            return
        }
        #expect(reason.contains("not heard from for 2.1 s"))
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

    @Test(
        "a worker of another protocol version, profile, or one that comes late is refused with the reason"
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
        cluster.settle { $0.commits.count == 1 }
        cluster.join()
        cluster.settle()
        #expect(cluster.nodes[3].outcome?.reason.contains("the run has begun") == true)
        #expect(cluster.outcome == .completed(Step(6)))
    }

    @Test(
        "a guest that leaves before the start is let go; a worker of our own that dies then is a failure"
    )
    func leavingBeforeTheStart() {
        var cluster = Cluster(options: smallRun(workers: 3))
        cluster.join(launched: false)
        cluster.join()
        cluster.settle()
        cluster.kill(0)
        #expect(cluster.outcome == nil)
        cluster.kill(1)
        guard case .failed = cluster.outcome else {
            Issue.record("\(String(describing: cluster.outcome))")
            return
        }
    }

    @Test(
        "survivors whose neighbour is gone wait for the coordinator, and the committed state is saved"
    )
    func stalledSurvivors() {
        for seed in 1...20 {
            var cluster = Cluster(options: smallRun(workers: 3), seed: UInt64(seed))
            for _ in 0..<3 { cluster.join() }
            cluster.settle { $0.commits.count == 2 }
            cluster.nodes[1].stallsFrom = Step(3)
            cluster.nodes[2].stallsFrom = Step(3)
            cluster.nodes[0].isDead = true
            cluster.settle()
            #expect(cluster.outcome == nil, "nobody is blamed for what a neighbour did")
            cluster.kill(0)
            cluster.settle()
            guard case .stopped(Step(2), let reason) = cluster.outcome else {
                Issue.record("\(String(describing: cluster.outcome))")
                return
            }
            #expect(reason.contains("node0"))
        }
    }

    @Test("a member that stays stalled with everyone alive ends the step after the time-out")
    func stalledForGood() {
        var cluster = Cluster(options: smallRun(workers: 2))
        cluster.join()
        cluster.join()
        cluster.nodes[1].stallsFrom = Step(2)
        cluster.settle()
        #expect(cluster.outcome == nil)
        for seconds in 1...3 {
            cluster.now = .seconds(seconds)
            cluster.beat()
            cluster.deliver(.tick)
            cluster.settle()
        }
        guard case .stopped(Step(1), let reason) = cluster.outcome else {
            Issue.record("\(String(describing: cluster.outcome))")
            return
        }
        #expect(reason.contains("node1") && reason.contains("rank 0"))
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
        #expect(cluster.nodes[0].outcome == .stopped(reason: "the data thread ended"))
    }

    @Test("a worker that meets bad data ends the run as failed, with the committed state saved")
    func fault() {
        var cluster = Cluster(options: smallRun(workers: 2))
        cluster.join()
        cluster.join()
        cluster.settle { $0.commits.count == 3 }
        cluster.report(.failed(reason: "clip 7 of train is damaged"), from: 1)
        cluster.settle()
        guard case .failed(let reason) = cluster.outcome else {
            Issue.record("\(String(describing: cluster.outcome))")
            return
        }
        let committed = cluster.commits.count
        #expect(reason.contains("clip 7") && reason.contains("step \(committed) is saved"))
        #expect(cluster.journal.contains(.saved(step: Step(UInt64(committed)))))
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
        case .completed: ""
        case .stopped(let reason), .refused(let reason), .failed(let reason): reason
        }
    }
}

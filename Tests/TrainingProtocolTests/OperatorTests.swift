import Testing
import TrainingProtocol

@Suite("What an operator asks of a coordinator")
struct OperatorTests {
    private func asked(
        _ body: WorkerMessage, of run: RunID = RunID(0), _ machine: inout CoordinatorMachine
    ) -> [CoordinatorDirective] {
        let request = Stamped(
            run: run, term: Term(0), generation: Generation(0), step: Step(0), body: body)
        return machine.on(.received(request, from: ConnectionID(77)), now: .seconds(1))
    }

    private func answer(_ directives: [CoordinatorDirective]) -> (isAccepted: Bool, text: String)? {
        for case .send(let message, to: ConnectionID(77)) in directives {
            if case .answer(let accepted, let text) = message.body { return (accepted, text) }
        }
        return nil
    }

    @Test("a stop is answered and ends the run with its state saved; a second one says so")
    func stop() throws {
        var options = smallRun(workers: 2)
        options.start = Step(2)
        var machine = CoordinatorMachine(options)
        let directives = asked(.stop(reason: "stopped by an operator"), &machine)
        #expect(try #require(answer(directives)).isAccepted)
        #expect(
            directives.contains(.end(.stopped(saved: Step(2), reason: "stopped by an operator"))))
    }

    @Test("in the middle of a run a stop lets the step end first")
    func stopInTheMiddle() {
        var cluster = Cluster(options: smallRun(workers: 2))
        for _ in 0..<2 { cluster.join() }
        cluster.settle { $0.commits.count == 2 }
        let request = Stamped(
            run: RunID(0), term: Term(0), generation: Generation(0), step: Step(0),
            body: WorkerMessage.stop(reason: "enough"))
        cluster.deliver(.received(request, from: ConnectionID(1)))
        cluster.settle()
        #expect(cluster.outcome == .stopped(saved: Step(3), reason: "enough"))
    }

    @Test("a worker that is drained has left, and one whose run is stopped learns at which step")
    func outcomes() {
        var cluster = Cluster(options: smallRun(workers: 2))
        for _ in 0..<2 { cluster.join() }
        cluster.settle { $0.commits.count == 1 }
        let ask = { (body: WorkerMessage) in
            CoordinatorEvent.received(
                Stamped(
                    run: RunID(0), term: Term(0), generation: Generation(0), step: Step(0),
                    body: body), from: ConnectionID(77))
        }
        cluster.deliver(ask(.drain(cluster.worker(at: 0))))
        cluster.settle { $0.nodes[0].outcome != nil }
        #expect(cluster.nodes[0].outcome == .left(reason: "drained"))
        #expect(cluster.outcome == nil)
        cluster.deliver(ask(.stop(reason: "enough")))
        cluster.settle()
        let last = Step(UInt64(cluster.commits.count))
        #expect(cluster.nodes[1].outcome == .stopped(last, reason: "enough"))
    }

    @Test("a worker that is asked to leave does not wait for a coordinator that is silent")
    func silentCoordinator() {
        var cluster = Cluster(options: smallRun(workers: 2))
        for _ in 0..<2 { cluster.join() }
        cluster.settle { $0.commits.count == 1 && $0.nodes.allSatisfy { !$0.deals.isEmpty } }
        cluster.report(.leaveRequested(reason: "interrupted"), from: 0)
        cluster.now += .seconds(1)
        cluster.report(.tick, from: 0)
        #expect(cluster.nodes[0].outcome == nil, "the step may end yet")
        cluster.now += .seconds(1)
        for index in 0..<2 {
            cluster.report(index == 0 ? .tick : .leaveRequested(reason: "interrupted"), from: index)
            #expect(
                cluster.nodes[index].outcome
                    == .leftUnheard(silence: .seconds(2), reason: "interrupted"))
        }
    }

    @Test("what is asked of another run is refused and changes nothing")
    func otherRun() throws {
        var machine = CoordinatorMachine(smallRun(workers: 2))
        for body in [WorkerMessage.stop(reason: "x"), .drain(WorkerID(1))] {
            let directives = asked(body, of: RunID(0xBAD), &machine)
            #expect(directives.count == 1)
            #expect(try #require(answer(directives)).text.contains("another run"))
        }
        #expect(!machine.hasEnded)
    }

    @Test("the overview names every worker with its slots, and who is gone is not in it")
    func overview() throws {
        var cluster = Cluster(options: smallRun(workers: 2))
        for _ in 0..<2 { cluster.join() }
        cluster.settle { $0.commits.count == 1 }
        let before = cluster.coordinator.overview(now: cluster.now)
        #expect(before.phase == .training)
        #expect(before.workers.map(\.isMember) == [true, true])
        let slots = before.workers.flatMap(\.slots.slots)
        #expect(slots.sorted() == Array(0..<smallRun(workers: 2).schedule.slots))
        cluster.kill(1)
        cluster.settle { $0.commits.count == 2 }
        let after = cluster.coordinator.overview(now: cluster.now)
        #expect(after.workers.map(\.worker) == [cluster.worker(at: 0)])
        #expect(after.workers.first?.slots.count == slots.count)
    }
}

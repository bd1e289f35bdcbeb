import Testing
import TrainingProtocol

@Suite("A worker that holds up the others")
struct HoldUpTests {
    /// All workers at rank and node of the same number, with some steps done.
    private func cluster(_ workers: Int, commits: Int = 1) -> Cluster {
        var cluster = Cluster(options: smallRun(workers: workers))
        for _ in 0..<workers {
            cluster.join()
            // Ranks are in the order of joining.
            while cluster.notes.count < cluster.nodes.count, cluster.advance() {}
        }
        cluster.settle { $0.commits.count >= commits }
        return cluster
    }

    private func losses(_ cluster: Cluster) -> [(worker: WorkerID, reason: String)] {
        cluster.notes.compactMap {
            if case .lost(let worker, let reason) = $0 { (worker, reason) } else { nil }
        }
    }

    /// Lets time pass, with signs of life, until someone is lost.
    private func wait(_ cluster: inout Cluster, tenths: Int) {
        let start = cluster.now
        let before = losses(cluster).count
        for tenth in 1...tenths where losses(cluster).count == before {
            cluster.now = start + .milliseconds(tenth * 100)
            cluster.beat()
            cluster.deliver(.tick)
            cluster.settle()
        }
    }

    @Test("whose connections nobody can make goes, and none of those who accuse it")
    func unreachable() {
        var cluster = cluster(3)
        for accuser in [1, 2] {
            cluster.nodes[accuser].stallsFrom = Step(3)
            cluster.nodes[accuser].accuses = Rank(0)
        }
        cluster.settle()
        wait(&cluster, tenths: 40)
        #expect(losses(cluster).map(\.worker) == [cluster.worker(at: 0)])
        for accuser in [1, 2] { cluster.nodes[accuser].stallsFrom = nil }
        wait(&cluster, tenths: 20)
        #expect(cluster.outcome == .completed(Step(6)))
    }

    @Test("that reaches nobody goes, and none of those whom it accuses")
    func reachesNobody() {
        var cluster = cluster(3)
        cluster.nodes[0].stallsFrom = Step(3)
        cluster.nodes[0].accuses = Rank(1)
        for other in [1, 2] {
            cluster.nodes[other].stallsFrom = Step(3)
            cluster.nodes[other].waitsFor = Rank(0)
        }
        cluster.settle()
        wait(&cluster, tenths: 40)
        #expect(losses(cluster).map(\.worker) == [cluster.worker(at: 0)])
    }

    @Test("whose hands hang is lost though it shows that it lives, and the run goes on without it")
    func hangs() throws {
        var cluster = cluster(2)
        cluster.nodes[1].heldSlots = Step(3)
        cluster.settle()
        #expect(cluster.outcome == nil)
        wait(&cluster, tenths: 400)
        let lost = try #require(losses(cluster).first)
        #expect(lost.worker == cluster.worker(at: 1))
        #expect(lost.reason.contains("computing does not get on"))
        cluster.nodes[1].heldSlots = nil
        cluster.settle()
        #expect(cluster.outcome == .completed(Step(6)))
    }

    @Test("and was lost for it comes back only after a pause, and longer each time")
    func rests() {
        var cluster = cluster(2)
        cluster.nodes[1].heldSlots = Step(3)
        cluster.nodes[0].heldSlots = Step(4)
        cluster.settle()
        wait(&cluster, tenths: 400)
        let joined = { (cluster: Cluster) in
            cluster.notes.count { if case .joined = $0 { true } else { false } }
        }
        #expect(joined(cluster) == 2, "its hello is not answered at once")
        cluster.now += .milliseconds(600)
        cluster.beat()
        #expect(joined(cluster) == 3)
    }

    @Test("where several are gone at once, one generation goes on without all of them")
    func together() {
        var cluster = cluster(4, commits: 2)
        let generations = { (cluster: Cluster) in
            cluster.journal.count { if case .began = $0 { true } else { false } }
        }
        let before = generations(cluster)
        for index in [1, 2, 3] { cluster.nodes[index].isDead = true }
        cluster.deliver(
            .allDisconnected(
                [1, 2, 3].map { cluster.nodes[$0].connection }, reason: "its connection closed"))
        #expect(generations(cluster) == before + 1)
        #expect(losses(cluster).count == 3)
        cluster.settle()
        #expect(cluster.outcome == .completed(Step(6)))
    }

    @Test("while it says nonsense of its slots is lost, and the run is not")
    func nonsense() throws {
        var cluster = cluster(2)
        let report = StepReport(
            digest: Digest(high: 7, low: 3), slots: [], times: PhaseTimes())
        cluster.settle { $0.commits.count == 2 }
        let generation = try #require(
            cluster.journal.compactMap {
                if case .began(let generation, _, _, _, _) = $0 { generation } else { nil }
            }.last)
        let step = Step(UInt64(cluster.commits.count + 1))
        cluster.deliver(
            .received(
                Stamped(
                    run: RunID(9), term: Term(1), generation: generation, step: step,
                    body: .reduced(report)), from: cluster.nodes[1].connection))
        #expect(losses(cluster).first?.reason.contains("other slots") == true)
        cluster.now += .seconds(1)
        cluster.beat()
        cluster.settle()
        #expect(cluster.outcome == .completed(Step(6)))
    }

    @Test("or has another model than the others is refused, and they train on")
    func otherModel() throws {
        var cluster = cluster(1)
        let hello = Hello(
            protocolVersion: protocolVersion,
            profile: [ProfileEntry(name: "kernels", value: "1")], host: "stranger", process: 77,
            threads: 1, launchToken: "")
        let connection = cluster.nodes[0].connection.next
        cluster.join()
        cluster.nodes[1].isDead = true
        let term = { (body: WorkerMessage) in
            Stamped(
                run: RunID(9), term: Term(1), generation: Generation(0), step: Step(0), body: body)
        }
        cluster.deliver(.received(term(.hello(hello)), from: connection))
        let other = Readiness(
            model: Digest(high: 1, low: 1), gradientAddress: "a", stateAddress: "b")
        cluster.deliver(.received(term(.ready(other)), from: connection))
        let refusals = cluster.notes.compactMap {
            if case .refused(_, let reason) = $0 { reason } else { nil }
        }
        #expect(refusals.first?.contains("same release") == true)
        cluster.settle()
        #expect(cluster.outcome == .completed(Step(6)))
    }

    @Test("and dies when the last state is on the disk ends nothing but the run")
    func savedLast() {
        var cluster = Cluster(options: smallRun(workers: 1))
        cluster.join()
        cluster.settle { $0.commits.count == 5 }
        cluster.keepsUploads = true
        cluster.settle()
        cluster.kill(0)
        #expect(cluster.outcome == nil)
        cluster.deliver(.stateSaved(Step(6)))
        #expect(cluster.outcome == .completed(Step(6)))
    }

    @Test(
        "and the only one with the last state dies while it is saved: those steps are computed again"
    )
    func lastHolder() {
        let options = smallRun(workers: 1)
        var cluster = Cluster(options: options)
        cluster.join()
        cluster.settle { $0.commits.count == 5 }
        cluster.keepsUploads = true
        cluster.settle()
        #expect(cluster.outcome == nil && cluster.commits.count == 6)
        cluster.kill(0)
        #expect(cluster.outcome == nil)
        cluster.keepsUploads = false
        cluster.join()
        cluster.settle()
        #expect(cluster.outcome == .completed(Step(6)))
        #expect(cluster.commits.count == 6, "a step that is computed again is journaled once")
    }
}

import Testing
import TrainingProtocol

@Suite("Slots dealt by speed")
struct PaceTests {
    private let fast = Duration.milliseconds(100)

    /// Two workers, the second of them 20 times slower, after some steps.
    private func uneven(commits: Int) -> Cluster {
        var cluster = Cluster(options: smallRun(workers: 2, epochs: 400))
        for _ in 0..<2 { cluster.join() }
        cluster.nodes[0].slotTime = fast
        cluster.nodes[1].slotTime = fast * 20
        cluster.settle { $0.commitCount >= commits }
        return cluster
    }

    private func reasons(_ cluster: Cluster) -> [String] {
        cluster.journal.compactMap {
            if case .began(_, _, _, _, let reason) = $0 { reason } else { nil }
        }
    }

    @Test("go to the quick one, and the reason says how many")
    func dealt() {
        let cluster = uneven(commits: 30)
        #expect(cluster.nodes[1].deals.last?.isEmpty == true)
        let quick = "worker \(cluster.worker(at: 0)) 2 to 4"
        let slow = "worker \(cluster.worker(at: 1)) 2 to 0"
        let one = "slots are dealt by speed: \(quick), \(slow)"
        let other = "slots are dealt by speed: \(slow), \(quick)"
        #expect([one, other].contains(reasons(cluster).last ?? ""), "\(reasons(cluster))")
    }

    @Test("come back to a worker that is quick again, some tens of steps later")
    func recovers() {
        var cluster = uneven(commits: 30)
        cluster.nodes[1].slotTime = fast
        cluster.settle { $0.commitCount == 120 }
        #expect(cluster.nodes.map { $0.deals.last?.count } == [2, 2], "\(reasons(cluster))")
    }

    @Test("are tried on one that stays slow for single steps, more and more rarely")
    func trials() {
        let cluster = uneven(commits: 400)
        var slotsAt: [Int] = []
        var member = 0
        for record in cluster.journal {
            switch record {
            case .began(_, _, let members, _, _):
                member =
                    members.first { $0.worker == cluster.worker(at: 1) }?.slots.count ?? 0
            case .committed(let entry) where member > 0: slotsAt.append(Int(entry.step.rawValue))
            default: break
            }
        }
        let trials = slotsAt.drop { $0 < 30 }
        #expect((2...6).contains(trials.count), "\(slotsAt)")
        let pauses = zip(trials, trials.dropFirst()).map { $1 - $0 }
        #expect(pauses == pauses.sorted() && (pauses.first ?? 0) > 40, "\(pauses)")
    }

    @Test("of one that is late are taken over by the others, and an audit tells how many")
    func late() throws {
        var cluster = Cluster(options: smallRun(workers: 2))
        for _ in 0..<2 {
            cluster.join()
            // Ranks are in the order of joining.
            while cluster.notes.count < cluster.nodes.count, cluster.advance() {}
        }
        cluster.settle { $0.commits.count >= 1 }
        cluster.nodes[1].stuckFrom = Step(3)
        cluster.nodes[0].stallsFrom = Step(3)
        cluster.nodes[0].waitsFor = Rank(1)
        cluster.settle()
        let generations = reasons(cluster).count
        for _ in 0..<20 where reasons(cluster).count == generations {
            cluster.now += .milliseconds(100)
            cluster.beat()
            cluster.deliver(.tick)
        }
        cluster.nodes[0].stallsFrom = nil
        cluster.settle { $0.commits.count == 3 }
        let opened = JournalRecord.opened(
            term: Term(1), run: RunID(9), state: Step(0), dataset: Digest(high: 0, low: 0))
        let report = JournalAudit.report(of: [opened] + cluster.journal, cluster.schedule)
        let change = try #require(report.changes.last { $0.reason.contains("is late") })
        #expect(change.kind == .takesOver && change.slotsMoved == 2)
        #expect(report.abortedSteps == 1)
        #expect(report.workers.first?.slotsAgain == 2)
    }
}

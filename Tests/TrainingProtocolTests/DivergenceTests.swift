import Testing
import TrainingProtocol

@Suite("A diverging run")
struct DivergenceTests {
    @Test("ends before a step whose loss is no number, and says what to change")
    func nonFiniteLoss() {
        var cluster = Cluster(options: smallRun(workers: 2))
        cluster.diverge(at: Step(3))
        cluster.join()
        cluster.join()
        cluster.settle()
        guard case .failed(let reason) = cluster.outcome else {
            Issue.record("\(String(describing: cluster.outcome))")
            return
        }
        #expect(reason.contains("step 3") && reason.contains("train.optimizer.rate"))
        #expect(cluster.commits.count == 2)
        #expect(cluster.nodes.allSatisfy { $0.updates.count == 2 })
    }
}

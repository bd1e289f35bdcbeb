import Simulation
import Testing

@Suite("Simulated runs")
struct SimulationTests {
    @Test("lose no clip, no step and no bit, and end once the faults do")
    func sound() {
        for seed in UInt64(1)...200 {
            let simulation = Simulation(seed: seed)
            simulation.simulate()
            #expect(simulation.isSound, "seed \(seed): \(simulation.violation ?? "")")
        }
    }

    @Test("of one seed are the same to the last line")
    func replay() {
        for seed in UInt64(1)...10 {
            let fingerprints = (0..<2).map { _ in
                let simulation = Simulation(seed: seed, keepsHistory: true)
                simulation.simulate()
                return simulation.history.fingerprint
            }
            #expect(fingerprints[0] == fingerprints[1], "seed \(seed)")
        }
    }
}

import Configuration
import Glibc
import Optimizers
import Testing

@Suite("A learning rate")
struct LearningRateTests {
    @Test("stays where it is with a constant schedule")
    func constant() {
        let rate = LearningRate(
            0.2, schedule: ScheduleConfiguration(kind: .constant), stepsPerEpoch: 10, epochs: 3)
        #expect([0, 7, 29, 100].allSatisfy { rate.rate(at: $0) == 0.2 })
    }

    @Test("rises linearly in the warm-up, from the first factor to 1")
    func warmup() {
        let schedule = ScheduleConfiguration(
            kind: .constant, warmupEpochs: 1.5, warmupFactor: 0.1)
        let rate = LearningRate(2, schedule: schedule, stepsPerEpoch: 10, epochs: 3)
        #expect(rate.rate(at: 0) == 0.2)
        #expect(abs(rate.rate(at: 5) - 0.8) < 1e-12)
        #expect(rate.rate(at: 14) < 2)
        #expect(rate.rate(at: 15) == 2)
    }

    @Test("falls along half a cosine to the final factor at the end")
    func cosine() {
        let schedule = ScheduleConfiguration(
            kind: .cosine, warmupEpochs: 1, warmupFactor: 0, finalFactor: 0.1)
        let rate = LearningRate(3, schedule: schedule, stepsPerEpoch: 20, epochs: 5)
        for step in 20...100 {
            let want = 3 * (0.1 + 0.9 * (1 + cos(.pi * Double(step - 20) / 80)) / 2)
            #expect(abs(rate.rate(at: step) - want) < 1e-13)
        }
        #expect(rate.rate(at: 60) == 3 * (0.1 + 0.9 * 0.5))
        #expect(abs(rate.rate(at: 100) - 0.3) < 1e-15)
        #expect(rate.rate(at: 500) == rate.rate(at: 100))
    }

    @Test("is defined where the warm-up takes the whole run")
    func allWarmup() {
        let schedule = ScheduleConfiguration(kind: .cosine, warmupEpochs: 4, finalFactor: 0.5)
        let rate = LearningRate(1, schedule: schedule, stepsPerEpoch: 2, epochs: 2)
        #expect(rate.rate(at: 8) == 0.5)
        #expect(rate.rate(at: 3) < 1)
    }
}

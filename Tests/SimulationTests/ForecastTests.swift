import Simulation
import Testing
import TrainingProtocol

@Suite("Forecasts of clusters")
struct ForecastTests {
    private var costs: ClusterCosts {
        ClusterCosts(
            slot: .milliseconds(500), jitter: 0, gradientBytes: 40_000_000,
            stateBytes: 80_000_000, clipBytes: 600_000, workerLink: 1.25e9, headLink: 1.25e9,
            latency: .microseconds(50), failure: .seconds(86_400))
    }

    @Test("a worker alone is nearly as fast as its slots")
    func alone() {
        let forecast = ClusterForecast(costs, workers: 1, slotsPerWorker: 2)
        #expect(forecast.ideal == .seconds(1))
        #expect(forecast.efficiency > 0.9 && forecast.efficiency <= 1)
        #expect(forecast.binding == .computing)
    }

    @Test(
        "a step takes no less than its slots, the exchange over the link, and what the head sends")
    func bounds() {
        let forecast = ClusterForecast(costs, workers: 16, slotsPerWorker: 1)
        // Twice fifteen sixteenths of the gradient over the link.
        #expect(forecast.step > .milliseconds(500 + 60))
        #expect(forecast.step < .milliseconds(700))
        #expect(forecast.binding == .computing)
    }

    @Test("where clips outgrow the head's link, that is what binds, and more workers do not help")
    func head() {
        var slow = costs
        slow.headLink = 1.25e7
        let few = ClusterForecast(slow, workers: 16, slotsPerWorker: 1)
        let many = ClusterForecast(slow, workers: 32, slotsPerWorker: 1)
        #expect(few.binding == .headLink && many.binding == .headLink)
        // Twice the clips take twice as long: no more of them a second.
        #expect(abs(many.step / few.step - 2) < 0.2)
    }

    @Test(
        "a failure costs its detection at least, and goodput falls with more machines that can fail"
    )
    func failures() {
        let few = ClusterForecast(costs, workers: 4, slotsPerWorker: 4)
        let many = ClusterForecast(costs, workers: 16, slotsPerWorker: 4)
        #expect(few.lossPerFailure > Deadlines.standard.silence)
        #expect(many.goodput < few.goodput && few.goodput < 1)
    }

    @Test("the same costs give the same forecast")
    func repeated() {
        let forecasts = (0..<2).map { _ in ClusterForecast(costs, workers: 8, slotsPerWorker: 2) }
        #expect(forecasts[0].step == forecasts[1].step)
        #expect(forecasts[0].lossPerFailure == forecasts[1].lossPerFailure)
    }
}

import Foundation
import Simulation

/// Forecasts as lines of a table, or of JSON, each as soon as it is made.
struct ForecastTable {
    let costs: ClusterCosts
    /// Whether the time of a slot was not measured.
    let isAssumed: Bool
    let isJSON: Bool

    func begin(_ slotsPerWorker: Int) {
        guard !isJSON else { return }
        let megabytes = { (bytes: Int) in String(format: "%.1f MB", Double(bytes) / 1e6) }
        print(
            """
            slot \(text(costs.slot))\(isAssumed ? Self.assumption : ""), \(slotsPerWorker) a worker; reduced \(megabytes(costs.gradientBytes)), \
            clips \(megabytes(costs.clipBytes)) a slot, state \(megabytes(costs.stateBytes))

            \(pad("workers", 7)) \(pad("step", 9)) \(pad("efficiency", 10)) \(pad("a failure", 9)) \
            \(pad("goodput", 8))  busiest
            """)
    }

    private static let assumption =
        " (assumed, at 100 GFLOP/s: measure it with coordinator profile, and give --slot-time)"

    func add(_ forecast: ClusterForecast) {
        if isJSON {
            print(json(forecast))
        } else {
            print(line(forecast))
        }
        // Large clusters take a while; each line is shown as it comes.
        fflush(nil)
    }

    private func line(_ forecast: ClusterForecast) -> String {
        let busiest = forecast.loads.sorted { $0.share > $1.share }.prefix(2).map {
            "\($0.resource.rawValue) \(percent($0.share))"
        }
        return "\(pad("\(forecast.workers)", 7)) \(pad(text(forecast.step), 9)) "
            + "\(pad(percent(forecast.efficiency), 10)) \(pad(text(forecast.lossPerFailure), 9)) "
            + "\(pad(percent(forecast.goodput, 2), 8))  \(busiest.joined(separator: ", "))"
    }

    private func json(_ forecast: ClusterForecast) -> String {
        let loads = forecast.loads.map {
            "\"\($0.resource.rawValue)\":\(String(format: "%.4f", $0.share))"
        }
        let number = { (value: Double) in String(format: "%.6f", value) }
        return """
            {"workers":\(forecast.workers),"slots":\(forecast.slots),\
            "step_s":\(number(forecast.step / .seconds(1))),"efficiency":\(number(forecast.efficiency)),\
            "loss_per_failure_s":\(number(forecast.lossPerFailure / .seconds(1))),\
            "goodput":\(number(forecast.goodput)),"binding":"\(forecast.binding.rawValue)",\
            "loads":{\(loads.joined(separator: ","))}}
            """
    }

    private func text(_ duration: Duration) -> String {
        let seconds = duration / .seconds(1)
        return seconds < 1
            ? String(format: "%.0f ms", seconds * 1000) : String(format: "%.2f s", seconds)
    }

    private func percent(_ share: Double, _ digits: Int = 0) -> String {
        String(format: "%.\(digits)f %%", share * 100)
    }

    private func pad(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}

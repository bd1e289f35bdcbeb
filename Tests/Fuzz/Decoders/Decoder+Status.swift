import FoundationEssentials
import Telemetry
import TrainingProtocol
import Wire

// How a run is, as its coordinator tells an operator.

extension Decoder {
    static func statusAnswer(_ input: [UInt8]) -> String? {
        do throws(WireError) {
            let frame = try Stamped<CoordinatorMessage>(serialized: input)
            guard case .answer(_, let text) = frame.body else { return nil }
            return shown(Data(text.utf8))
        } catch {
            return explained(error.description)
        }
    }

    private static func shown(_ json: Data) -> String? {
        guard let status = read(json) else { return nil }
        let texts = StatusText(status)
        for text in [texts.summary, texts.workers] {
            let isPlain = text.unicodeScalars.allSatisfy {
                $0 == "\n" || $0.properties.generalCategory != .control
            }
            if !isPlain { return "a status moves the cursor of a terminal" }
        }
        do {
            let written = try status.json()
            // By its text: one with a number that is none equals nothing, and itself neither.
            return try RunStatus(json: written).json() == written
                ? nil : "a status changes when it is sent on"
        } catch {
            return "a status that was read cannot be written: \(error)"
        }
    }

    /// Nil for what is none; why is Foundation's to say.
    private static func read(_ json: Data) -> RunStatus? {
        do { return try RunStatus(json: json) } catch { return nil }
    }
}

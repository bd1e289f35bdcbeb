import Collectives
import TrainingProtocol
import Wire

// Messages: what is read and written again is the same message.

extension Decoder {
    static func workerFrame(_ input: [UInt8]) -> String? {
        do throws(WireError) {
            let frame = try Stamped<WorkerMessage>(serialized: input).serialized()
            let again = try Stamped<WorkerMessage>(serialized: frame).serialized()
            return again == frame ? nil : "a worker's message changes when it is sent on"
        } catch {
            return explained(error.description)
        }
    }

    static func coordinatorFrame(_ input: [UInt8]) -> String? {
        do throws(WireError) {
            let frame = try Stamped<CoordinatorMessage>(serialized: input).serialized()
            let again = try Stamped<CoordinatorMessage>(serialized: frame).serialized()
            return again == frame ? nil : "a coordinator's message changes when it is sent on"
        } catch {
            return explained(error.description)
        }
    }

    static func dataRequest(_ input: [UInt8]) -> String? {
        do throws(WireError) {
            let message = try Ticketed<DataRequest>(serialized: input)
            let again = try Ticketed<DataRequest>(serialized: message.serialized())
            return again == message ? nil : "a request changes when it is sent on"
        } catch {
            return explained(error.description)
        }
    }

    static func dataReply(_ input: [UInt8]) -> String? {
        do throws(WireError) {
            let message = try Ticketed<DataReply>(serialized: input)
            let again = try Ticketed<DataReply>(serialized: message.serialized())
            return again == message ? nil : "a reply changes when it is sent on"
        } catch {
            return explained(error.description)
        }
    }

    static func chunkEnvelope(_ input: [UInt8]) -> String? {
        guard let envelope = ChunkEnvelope(input) else { return nil }
        do throws(ExchangeError) {
            let again = ChunkEnvelope(try envelope.frame())
            return again == envelope ? nil : "an envelope changes when it is sent on"
        } catch {
            return "an envelope that was read cannot be written: \(error)"
        }
    }

    /// A refusal says why, at a length that fits a log.
    static func explained(_ reason: String) -> String? {
        if reason.isEmpty { return "a refusal without a reason" }
        return reason.utf8.count > 4096 ? "a reason of \(reason.utf8.count) bytes" : nil
    }
}

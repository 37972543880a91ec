/// What a send comes to.
typealias TransferOutcome = Result<TransferResponse, TransportError>

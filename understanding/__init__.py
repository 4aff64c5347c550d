"""Understanding: which language a message is in, and which entry of the knowledge base it asks for."""

"""What people call the columns of questions and answers in other languages than English and Chinese: whole names, in small letters."""

QUESTIONS = (
    "frage", "fragen", "eingabe", "anfrage", "invite", "demande", "pregunta", "consulta", "domanda", "pergunta", "vraag",
    "pytanie", "otázka", "otazka", "dotaz", "kérdés", "întrebare", "fråga", "spørgsmål", "spørsmål", "kysymys", "вопрос", "питання",
    "запитання", "въпрос", "питање", "pitanje", "ερώτηση", "soru", "сұрақ", "שאלה", "سؤال", "السؤال", "پرسش", "प्रश्न", "คำถาม",
    "câu_hỏi", "pertanyaan", "soalan", "質問", "問題", "提問", "질문",
)  # fmt: skip
ANSWERS = (
    "antwort", "antworten", "ausgabe", "réponse", "reponse", "respuesta", "risposta", "resposta", "antwoord", "odpowiedź", "odpowiedz",
    "odpověď", "odpoved", "odpoveď", "válasz", "răspuns", "raspuns", "svar", "vastaus", "ответ", "відповідь", "отговор", "одговор",
    "odgovor", "απάντηση", "cevap", "yanıt", "жауап", "תשובה", "جواب", "إجابة", "الإجابة", "پاسخ", "उत्तर", "คำตอบ", "câu_trả_lời",
    "trả_lời", "jawaban", "jawapan", "答え", "解答", "答覆", "답변", "대답",
)  # fmt: skip

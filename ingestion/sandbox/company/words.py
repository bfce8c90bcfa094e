"""Words that names, companies, titles and subjects are made of. `written|latin` where the two
differ.
"""

GIVEN = {
    "english": (
        "Olivia James Emma Liam Ava Noah Sophia Ethan Mia Lucas Grace Henry Chloe Jack Ruby "
        "Owen Hazel Caleb Nora Wyatt Imani Darnell Keisha Malik Priscilla Seán|Sean Niamh "
        "Siobhán|Siobhan Rhys Zoë|Zoe Harriet Callum Freya Angus Beatrice Marcus Tessa Desmond "
        "Joan Victor"
    ),
    "german": (
        "Anna Lukas Lena Felix Marie Jonas Jürgen|Juergen Sabine Björn|Bjoern Käthe|Kaethe "
        "Matthias Ulrike Günther|Guenther Heike Thorsten Silke Jörg|Joerg Nadine Florian "
        "Änne|Aenne Sönke|Soenke Katrin Dirk Petra Moritz Franziska Götz|Goetz Annegret Holger "
        "Lieselotte"
    ),
    "french": (
        "Camille Léa|Lea Hugo Chloé|Chloe Théo|Theo Manon Jérôme|Jerome Hélène|Helene "
        "François|Francois Amélie|Amelie Benoît|Benoit Aurélie|Aurelie Mathieu Océane|Oceane "
        "Étienne|Etienne Solène|Solene Gaël|Gael Raphaël|Raphael Inès|Ines Clément|Clement "
        "Noémie|Noemie Thibault Sylvie Yann"
    ),
    "spanish": (
        "Lucía|Lucia Martín|Martin Sofía|Sofia José|Jose María|Maria Andrés|Andres Ximena "
        "Raúl|Raul Íñigo|Inigo Belén|Belen Joaquín|Joaquin Valentina Óscar|Oscar Mónica|Monica "
        "Tomás|Tomas Camila Rocío|Rocio Nicolás|Nicolas Begoña|Begona Héctor|Hector Paola "
        "Emilio Catalina Álvaro|Alvaro"
    ),
    "portuguese": (
        "João|Joao Ana Gabriel Beatriz Antônio|Antonio Luíza|Luiza Thiago Conceição|Conceicao "
        "Rafael Letícia|Leticia Fábio|Fabio Camila Vinícius|Vinicius Mariana Otávio|Otavio "
        "Débora|Debora Caio Helena Sérgio|Sergio Júlia|Julia Estêvão|Estevao Larissa Murilo "
        "Priscila"
    ),
    "nordic": (
        "Elsa Björn|Bjorn Åsa|Asa Lars Ingrid Søren|Soren Märta|Marta Håkan|Hakan "
        "Linnéa|Linnea Göran|Goran Astrid Øyvind|Oyvind Sigrid Nils Kajsa Mikael Jörgen|Jorgen "
        "Malin Viktor Pernilla"
    ),
    "polish": (
        "Zofia Łukasz|Lukasz Agnieszka Paweł|Pawel Małgorzata|Malgorzata Wojciech "
        "Grażyna|Grazyna Michał|Michal Joanna Krzysztof Elżbieta|Elzbieta Tomasz Bożena|Bozena "
        "Jakub Natalia Stanisław|Stanislaw"
    ),
    "turkish": (
        "Ayşe|Ayse Mehmet Çağla|Cagla Emre Gülşen|Gulsen Uğur|Ugur Zeynep Oğuz|Oguz İpek|Ipek "
        "Barış|Baris Şule|Sule Hakan Özlem|Ozlem Kerem Tuğba|Tugba Yiğit|Yigit"
    ),
    "japanese": (
        "健太|Kenta 陽子|Yoko 大輔|Daisuke 美咲|Misaki 翔|Sho 直子|Naoko 拓也|Takuya 恵美|Emi "
        "誠|Makoto 由美|Yumi Haruto Sakura Kenji Ayumi Takashi Hiroko 和也|Kazuya 千尋|Chihiro "
        "悠斗|Yuto 真理子|Mariko Ryo Kaori"
    ),
    "chinese": (
        "伟|Wei 芳|Fang 志强|Zhiqiang 美玲|Meiling 建国|Jianguo 雅婷|Yating 俊杰|Junjie "
        "淑芬|Shufen Wei-Ling Jun-Hao Hui-Min Kah-Seng 家豪|Jiahao 怡君|Yijun 明|Ming "
        "晓燕|Xiaoyan Li-Ting Boon-Kiat Siew-Lan Zhi-Hao"
    ),
    "indian": (
        "Aarav Priya Rohan Ananya Vikram Deepika Arjun Kavya Sanjay Meera Rajesh Lakshmi "
        "Karthik Nisha Harpreet Sunita Imran Pooja Venkatesh Divya Nikhil Shreya Gurpreet "
        "Fatima"
    ),
    "korean": (
        "민준|Minjun 서연|Seoyeon 지훈|Jihoon 수빈|Subin 현우|Hyunwoo 지은|Jieun 동현|Donghyun "
        "은지|Eunji Ji-Woo Seung-Ho Yuna Tae-Yang"
    ),
    "vietnamese": (
        "Hương|Huong Tuấn|Tuan Thảo|Thao Đức|Duc Ngọc|Ngoc Hải|Hai Trang Long Lan Phúc|Phuc "
        "Yến|Yen Quân|Quan"
    ),
}

FAMILY = {
    "english": (
        "Smith Johnson Taylor Brown Walker Thompson Carter Mitchell Reed O'Brien|OBrien "
        "Fitzgerald McAllister Okafor Washington Nguyen Patel Hernandez Goldberg Kowalski "
        "Adeyemi Whitfield Ashworth Pemberton Lindqvist Hollis Barrett Greaves Trent Sinclair "
        "MacLeod Van-Buren D'Souza|DSouza Abernathy Castellano Brooks Yates Underwood Quinn "
        "Hawthorne Delgado Ng Osei Rosenthal Beaumont Chaudhry"
    ),
    "german": (
        "Müller|Mueller Schmidt Schröder|Schroeder Weiß|Weiss Krüger|Krueger Bäcker|Baecker "
        "Hoffmann Köhler|Koehler Zimmermann Schäfer|Schaefer Vogel Jäger|Jaeger Lindner "
        "Böhm|Boehm Straßer|Strasser Dietrich Günzel|Guenzel Heinrich Pfeiffer Löwe|Loewe "
        "Brandt Kühn|Kuehn Huber Gruber Steinbrück|Steinbrueck Wolff Yılmaz|Yilmaz Kaiser"
    ),
    "french": (
        "Dubois Lefèvre|Lefevre Moreau Garnier Fournier Girard Béranger|Beranger Rousseau "
        "Chevalier Gauthier Marchand Lemaître|Lemaitre Bourgeois Delacroix Fabre Guérin|Guerin "
        "Besson Perrin Benali Diallo Désormeaux|Desormeaux Colas Picard Tessier"
    ),
    "spanish": (
        "García|Garcia Fernández|Fernandez López|Lopez Muñoz|Munoz Ramírez|Ramirez Núñez|Nunez "
        "Castillo Ibáñez|Ibanez Vargas Peña|Pena Domínguez|Dominguez Ortega Salazar "
        "Quiñones|Quinones Aguirre Bermúdez|Bermudez Echeverría|Echeverria Fuentes "
        "Gálvez|Galvez Herrera Iglesias Jiménez|Jimenez Zúñiga|Zuniga Rojas"
    ),
    "portuguese": (
        "Silva Souza Araújo|Araujo Gonçalves|Goncalves Ribeiro Magalhães|Magalhaes Cardoso "
        "Simões|Simoes Teixeira Guimarães|Guimaraes Nogueira Falcão|Falcao Azevedo Barbosa "
        "Conceição|Conceicao Duarte Esteves Moura Pacheco Queiroz Brandão|Brandao Tanaka "
        "Vasconcelos Leão|Leao"
    ),
    "nordic": (
        "Andersson Sjöberg|Sjoberg Nyström|Nystrom Lindgren Åkesson|Akesson "
        "Bergström|Bergstrom Holm Hägg|Hagg Østergaard|Ostergaard Nilsson Ekström|Ekstrom Lund "
        "Söderberg|Soderberg Dahl Virtanen Mäkelä|Makela Ström|Strom"
    ),
    "polish": (
        "Kowalczyk Wiśniewska|Wisniewska Dąbrowski|Dabrowski Zając|Zajac Wójcik|Wojcik Nowak "
        "Kaczmarek Szymańska|Szymanska Mazur Głowacki|Glowacki Pawłowska|Pawlowska "
        "Jabłoński|Jablonski"
    ),
    "turkish": (
        "Yıldırım|Yildirim Öztürk|Ozturk Çelik|Celik Şahin|Sahin Kaya Aydın|Aydin Koç|Koc "
        "Güneş|Gunes Arslan Doğan|Dogan Erdoğmuş|Erdogmus Aksoy"
    ),
    "japanese": (
        "田中|Tanaka 佐藤|Sato 鈴木|Suzuki 高橋|Takahashi 渡辺|Watanabe 伊藤|Ito 山本|Yamamoto "
        "中村|Nakamura 小林|Kobayashi 加藤|Kato 吉田|Yoshida 斎藤|Saito 松本|Matsumoto "
        "井上|Inoue 木村|Kimura 清水|Shimizu Mori Hayashi Fujita Okada 長谷川|Hasegawa "
        "石井|Ishii 西村|Nishimura 近藤|Kondo"
    ),
    "chinese": (
        "王|Wang 李|Li 张|Zhang 陈|Chen 林|Lin 黄|Huang 吴|Wu 刘|Liu Tan Lim Lee Ng Ong Goh "
        "Chua Koh Teo 蔡|Tsai 许|Hsu 郑|Cheng 周|Zhou 赵|Zhao 孙|Sun 杨|Yang"
    ),
    "indian": (
        "Sharma Iyer Reddy Gupta Nair Banerjee Singh Kulkarni Mehta Rao Chatterjee Desai "
        "Pillai Kapoor Joshi Khan Bose Agarwal Menon Verma Subramanian Choudhury"
    ),
    "korean": (
        "김|Kim 이|Lee 박|Park 최|Choi 정|Jung 강|Kang 조|Cho 윤|Yoon 장|Jang 임|Lim 한|Han 오|Oh"
    ),
    "vietnamese": (
        "Nguyễn|Nguyen Trần|Tran Lê|Le Phạm|Pham Hoàng|Hoang Vũ|Vu Đặng|Dang Bùi|Bui Đỗ|Do Ngô|Ngo"
    ),
}

COINED_HEADS = (
    "Nor Alt Ver Lum Cad Bri Kor Zen Mer Sol Tal Pax Vel Quan Ost Hel Fer Dra Cor Aer Nim Lyr Ort "
    "Pro Syl Ther Ul Vis Wyn Xan Yar Arc Bel Cyr Dyn Eos Flo Gral Hux Jun"
)
COINED_TAILS = (
    "vex ira ano eon ista ardo ique enta ova umix aris onda ellis eka oro ynth avia estra icon uma "
    "ander ium otis alia embra inor eva olt ast ura ingen axo elio ontis iqa"
)
BRANCHES = {
    "english": (
        "Logistics|Systems|Foods|Health|Robotics|Analytics|Manufacturing|Media|Energy|Software|"
        "Freight|Insurance|Biotech|Retail Group|Materials|Aerospace|Payments|Textiles|Water|"
        "Learning"
    ),
    "german": (
        "Maschinenbau|Logistik|Gerätebau|Küchentechnik|Versicherungen|Chemie|Automotive|"
        "Medizintechnik|Energie|Systemhaus|Möbelwerke|Brauerei|Stahlbau|Software|Verlag"
    ),
    "french": (
        "Énergie|Logistique|Conseil|Matériaux|Assurances|Santé|Aéronautique|Électronique|"
        "Transports|Numérique|Agroalimentaire|Bâtiment"
    ),
    "spanish": (
        "Alimentación|Logística|Construcción|Energía|Seguros|Tecnología|Salud|Textil|Minería|"
        "Educación|Automoción|Telecomunicaciones"
    ),
    "portuguese": (
        "Alimentos|Logística|Construções|Energia|Seguros|Tecnologia|Saúde|Têxtil|Mineração|"
        "Educação|Papel e Celulose|Informática"
    ),
    "nordic": "Teknik|Skog|Energi|Sjöfart|Försäkring|Hälsa|Livsmedel|Verkstad|Mjukvara|Fastighet",
    "polish": "Logistyka|Żywność|Energia|Budownictwo|Informatyka|Zdrowie|Meble|Stal",
    "turkish": "Lojistik|Gıda|Enerji|İnşaat|Yazılım|Sağlık|Tekstil|Çelik",
    "japanese": "製作所|工業|電機|商事|物流|食品|薬品|建設|ソリューションズ|保険|精密|化学",
    "chinese": "科技|物流|食品|电子|能源|医疗|制造|贸易|保险|教育",
    "indian": (
        "Infotech|Textiles|Pharma|Agro|Motors|Steel|Finance|Foods|Logistics|Power|Exports|"
        "Consultancy"
    ),
    "korean": "전자|물류|화학|식품|건설|중공업|Solutions|Bio",
    "vietnamese": "Thực Phẩm|Vận Tải|Dệt May|Xây Dựng|Công Nghệ|Năng Lượng",
}
FORMS = {
    "english": "Inc.|LLC|Ltd|Corp.|Group|Holdings|& Co.",
    "german": "GmbH|AG|GmbH & Co. KG|& Söhne KG|SE",
    "french": "SA|SAS|SARL|& Fils",
    "spanish": "S.A.|S.L.|S.A. de C.V.|e Hijos S.L.",
    "portuguese": "Ltda.|S.A.|& Irmãos Ltda.|EIRELI",
    "nordic": "AB|A/S|Oy|AS",
    "polish": "Sp. z o.o.|S.A.",
    "turkish": "A.Ş.|Ltd. Şti.",
    "japanese": "株式会社|ホールディングス|グループ",
    "chinese": "有限公司|股份有限公司|集团",
    "indian": "Pvt. Ltd.|Ltd.|LLP|Industries",
    "korean": "주식회사|Co., Ltd.",
    "vietnamese": "JSC|Co., Ltd.|Group",
}
UNSPACED = ("japanese", "chinese", "korean")

INDUSTRIES = (
    "Software", "Manufacturing", "Financial Services", "Healthcare", "Retail", "Logistics",
    "Energy", "Education", "Media", "Construction", "Public Sector", "Hospitality",
)  # fmt: skip
INDUSTRY_SHARE = (0.16, 0.15, 0.11, 0.10, 0.11, 0.08, 0.05, 0.07, 0.06, 0.06, 0.03, 0.02)
INDUSTRY_FIT = (0.55, 0.35, 0.45, 0.05, -0.05, 0.30, 0.00, -0.75, -0.20, -0.35, -0.60, -0.70)

SENIORITIES = ("chief", "vp", "director", "manager", "specialist", "other")
SENIORITY_SHARE = (0.07, 0.09, 0.18, 0.30, 0.25, 0.11)
SENIORITY_FIT = (0.45, 0.80, 0.65, 0.15, -0.55, -1.60)
TITLES = {
    "chief": "Chief Revenue Officer|CFO|Chief Operating Officer|CEO|Managing Director|COO",
    "vp": (
        "VP Sales|Vice President, Operations|SVP Commercial|VP of Revenue Operations|VP Finance"
    ),
    "director": (
        "Director of Sales|Sales Director|Director, Business Systems|Head of RevOps"
        "|Head of Sales Operations|Director of Marketing"
    ),
    "manager": (
        "Sales Operations Manager|Marketing Manager|CRM Manager|Regional Sales Manager"
        "|IT Manager|Finance Manager"
    ),
    "specialist": (
        "Sales Analyst|Business Analyst|CRM Specialist|Account Executive|Data Analyst"
        "|Marketing Coordinator|Inside Sales Representative"
    ),
    "other": "Student|Consultant|Intern|Assistant|Freelancer|Researcher|Office Manager",
}
LOCAL_TITLES = {
    "german": {
        "chief": "Geschäftsführer", "director": "Vertriebsleiter", "manager": "Teamleiter Vertrieb",
    },
    "french": {"chief": "PDG", "director": "Directeur commercial", "manager": "Chef des ventes"},
    "spanish": {
        "chief": "Director General", "director": "Director Comercial",
        "manager": "Gerente de Ventas",
    },
    "portuguese": {
        "chief": "Diretor Presidente", "director": "Diretor Comercial",
        "manager": "Gerente Comercial",
    },
    "japanese": {"chief": "代表取締役", "director": "営業本部長", "manager": "営業部長"},
    "chinese": {"chief": "总经理", "director": "销售总监", "manager": "销售经理"},
    "korean": {"chief": "대표이사", "director": "영업이사", "manager": "영업팀장"},
}  # fmt: skip
